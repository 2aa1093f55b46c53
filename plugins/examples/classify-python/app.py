"""Says what a request seems to be about: a category whose name stands in the message, and a tag for what sounds urgent.

Saker shows both as suggestions; nothing changes before somebody says yes.
"""

import re

import wit_world.exports
from sdk import faults
from sdk.faults import calmly
from wit_world.exports import classifier, descriptor
from wit_world.imports import config


class Descriptor(wit_world.exports.Descriptor):
    def describe(self):
        return descriptor.Description(
            id="com.example.signpost",
            name="Signpost",
            version="0.1.0",  # As in plugin.toml.
            summary="Suggests a category that is named, and a tag for what is urgent.",
            config_schema="{}",
            features=[],
            max_body_bytes=None,
            max_attachment_bytes=None,
        )


class Classifier(wit_world.exports.Classifier):
    @calmly(faults.permanent)
    def classify(self, msg, context):
        """`context` has each category, priority, type and tag that the desk has, by its name; Saker lets other labels be."""
        title = spaced(msg.subject or "")
        whole = title + spaced(msg.bodies[0].text if msg.bodies else "")

        def label(name, value, words):
            # A name in the title says more than one in the text.
            sure = 0.8 if spaced(words) in title else 0.6
            return classifier.Label(name, value, sure, why=f"“{words}”")

        def is_there(words):
            return bool(spaced(words).strip()) and spaced(words) in whole

        labels = [label(name, value, value) for name, value in context if name == "category" and is_there(value)]
        urgent = next((word.strip() for word in setting("urgent").split(",") if is_there(word)), None)
        if urgent and setting("tag"):
            labels.append(label("tag", setting("tag"), urgent))
        return labels


def setting(name):
    return (config.get(name) or "").strip()


def spaced(words):
    """Lower case, with one space for whatever is no letter and no digit and one at each end: so that whole words are found."""
    plain = re.sub(r"[\W_]+", " ", words.lower()).strip()
    return f" {plain} "
