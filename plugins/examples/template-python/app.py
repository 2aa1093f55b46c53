"""A reply template in code: that somebody is still waited for, and until when.

What goes in and what comes out are dataclasses of the contract, so an editor and a type checker know every field.
"""

import html
import json
import re
from dataclasses import dataclass

import wit_world.exports
from componentize_py_types import Err
from wit_world.exports import descriptor, reply_renderer
from wit_world.imports import types

NAME = "still-on-it"
DAYS = 2
"""Days until the customer hears again, where the agent says nothing else."""
MOST_DAYS = 30


class Descriptor(wit_world.exports.Descriptor):
    def describe(self):
        return descriptor.Description(
            id="com.example.postcard",
            name="Postcard",
            version="0.1.0",  # As in plugin.toml.
            summary="Says that we are still on it.",
            config_schema="{}",
            features=["html"],
            max_body_bytes=None,
            max_attachment_bytes=None,
        )


class ReplyRenderer(wit_world.exports.ReplyRenderer):
    def list_templates(self, locale):
        nb = is_norwegian(locale)
        # Agents pick it in the composer; its one variable is a whole number.
        days = {
            "type": "integer",
            "minimum": 1,
            "maximum": MOST_DAYS,
            "default": DAYS,
            "title": "Days until they hear from us",
            "x-nb": {"title": "Dager til de hører fra oss"},
        }
        return [
            reply_renderer.TemplateInfo(
                name=NAME,
                title="Vi holder på ennå" if nb else "We are still on it",
                summary="Sier når kunden hører fra oss igjen." if nb else "Says when the customer hears from us again.",
                locales=["nb", "en"],
                params_schema=json.dumps({"type": "object", "x-saker-use": "composer", "properties": {"days": days}}),
            )
        ]

    def render(self, input):
        if input.template != NAME:
            raise rejected("there is no such template")
        nb = is_norwegian(input.locale)
        letter = Letter.of(input)
        paragraphs = letter.in_norwegian() if nb else letter.in_english()
        return reply_renderer.Rendered(
            subject=None,
            # The composer's text is Markdown, and what strangers wrote must not become any.
            text="\n\n".join(markdown(words) for words in paragraphs),
            html="".join(f"<p>{html.escape(words, quote=False)}</p>" for words in paragraphs),
            warnings=[] if letter.name else ["Kunden har ikke noe navn." if nb else "The customer has no name."],
        )

    def sample(self, template, locale):
        if template != NAME:
            return None

        def person(name):
            return types.Person(name=name, email=None, locale=locale, attrs=[])

        return reply_renderer.TemplateInput(
            template=template,
            ticket=types.TicketView(
                number="1042",
                subject="Skriveren",
                status="",
                priority="",
                created_at=0.0,
                tags=[],
                url=None,
                last_message=None,
                attrs=[],
            ),
            customer=person("Kari Nordmann"),
            agent=person("Ane"),
            locale=locale,
            time_zone="Europe/Oslo",
            now=1795510800000.0,
            variables=[],
            draft=None,
        )


@dataclass
class Letter:
    """What the text is made of."""

    name: str
    number: str
    title: str
    days: int
    agent: str

    @classmethod
    def of(cls, input):
        said = dict(input.variables).get("days", str(DAYS)).strip()
        days = int(said) if re.fullmatch(r"[0-9]{1,2}", said) else 0
        if not 1 <= days <= MOST_DAYS:
            raise rejected("days: a whole number from 1 to 30")
        agent = (input.agent.name if input.agent else None) or ""
        name = (input.customer.name or "").strip()
        return cls(name, input.ticket.number, input.ticket.subject, days, agent)

    def in_norwegian(self):
        when = "i morgen" if self.days == 1 else f"innen {self.days} dager"
        return [
            f"Hei, {self.name}!" if self.name else "Hei!",
            f"Vi holder på med «{self.title}» ennå (sak {self.number}). Du hører fra oss igjen {when}.",
            f"Hilsen {self.agent}",
        ]

    def in_english(self):
        when = "tomorrow" if self.days == 1 else f"within {self.days} days"
        return [
            f"Hello {self.name}," if self.name else "Hello!",
            f"We are still working on “{self.title}” (request {self.number}). You will hear from us again {when}.",
            f"Regards, {self.agent}",
        ]


def is_norwegian(locale):
    return locale.split("-")[0] in ("nb", "nn", "no")


def markdown(words):
    """Signs that mean something in Markdown, as signs."""
    return re.sub(r"[\\`*_\[\]<>#|~]", r"\\\g<0>", words)


def rejected(message):
    return Err(types.PluginError_Rejected(types.Failure("postcard", message, None, None)))
