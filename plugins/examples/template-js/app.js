// A reply template in code: that somebody is still waited for, and until when. The types of what goes in and what comes out
// are those of wit/; a field that is missing ends the call.

const NAME = "still-on-it";
/** Days until the customer hears again, where the agent says nothing else. */
const DAYS = 2;
const MOST_DAYS = 30;

/** @type {import("saker:plugin/descriptor@0.1.0").Descriptor} */
export const descriptor = {
  describe: () => ({
    id: "com.example.postcard",
    name: "Postcard",
    version: "0.1.0", // As in plugin.toml.
    summary: "Says that we are still on it.",
    configSchema: "{}",
    features: ["html"],
    maxBodyBytes: null,
    maxAttachmentBytes: null,
  }),
};

/** @type {import("saker:plugin/reply-renderer@0.1.0").ReplyRenderer} */
export const replyRenderer = { listTemplates, render, sample };

/** @type {import("saker:plugin/reply-renderer@0.1.0").ReplyRenderer["listTemplates"]} */
function listTemplates(locale) {
  const nb = isNorwegian(locale);
  return [{
    name: NAME,
    title: nb ? "Vi holder på ennå" : "We are still on it",
    summary: nb ? "Sier når kunden hører fra oss igjen." : "Says when the customer hears from us again.",
    locales: ["nb", "en"],
    // Agents pick it in the composer; its one variable is a whole number.
    paramsSchema: JSON.stringify({
      type: "object",
      "x-saker-use": "composer",
      properties: {
        days: {
          type: "integer",
          minimum: 1,
          maximum: MOST_DAYS,
          default: DAYS,
          title: "Days until they hear from us",
          "x-nb": { title: "Dager til de hører fra oss" },
        },
      },
    }),
  }];
}

/** @type {import("saker:plugin/reply-renderer@0.1.0").ReplyRenderer["render"]} */
function render(input) {
  if (input.template !== NAME) throw rejected("there is no such template");
  const nb = isNorwegian(input.locale);
  const letter = {
    name: (input.customer.name ?? "").trim(),
    number: input.ticket.number,
    title: input.ticket.subject,
    days: daysOf(input.variables),
    agent: input.agent?.name ?? "",
  };
  const paragraphs = nb ? inNorwegian(letter) : inEnglish(letter);
  return {
    subject: null,
    // The composer's text is Markdown, and what strangers wrote must not become any.
    text: paragraphs.map(markdown).join("\n\n"),
    html: paragraphs.map((words) => `<p>${html(words)}</p>`).join(""),
    warnings: letter.name ? [] : [nb ? "Kunden har ikke noe navn." : "The customer has no name."],
  };
}

/** @type {import("saker:plugin/reply-renderer@0.1.0").ReplyRenderer["sample"]} */
function sample(template, locale) {
  if (template !== NAME) return null;
  const person = (name) => ({ name, email: null, locale, attrs: [] });
  return {
    template,
    ticket: {
      number: "1042", subject: "Skriveren", status: "", priority: "", createdAt: 0,
      tags: [], url: null, lastMessage: null, attrs: [],
    },
    customer: person("Kari Nordmann"),
    agent: person("Ane"),
    locale,
    timeZone: "Europe/Oslo",
    now: 1795510800000,
    variables: [],
    draft: null,
  };
}

function daysOf(variables) {
  const said = variables.find(([name]) => name === "days")?.[1].trim() ?? String(DAYS);
  const days = /^\d{1,2}$/.test(said) ? Number(said) : 0;
  if (days < 1 || days > MOST_DAYS) throw rejected("days: a whole number from 1 to 30");
  return days;
}

function inNorwegian({ name, number, title, days, agent }) {
  const when = days === 1 ? "i morgen" : `innen ${days} dager`;
  return [
    name ? `Hei, ${name}!` : "Hei!",
    `Vi holder på med «${title}» ennå (sak ${number}). Du hører fra oss igjen ${when}.`,
    `Hilsen ${agent}`,
  ];
}

function inEnglish({ name, number, title, days, agent }) {
  const when = days === 1 ? "tomorrow" : `within ${days} days`;
  return [
    name ? `Hello ${name},` : "Hello!",
    `We are still working on “${title}” (request ${number}). You will hear from us again ${when}.`,
    `Regards, ${agent}`,
  ];
}

function isNorwegian(locale) {
  return ["nb", "nn", "no"].includes(locale.split("-")[0]);
}

/** Signs that mean something in Markdown, as signs. */
function markdown(words) {
  return words.replace(/[\\`*_[\]<>#|~]/g, "\\$&");
}

function html(words) {
  return words.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

function rejected(message) {
  return { tag: "rejected", val: { code: "postcard", message, remoteStatus: null, retryAfterMs: null } };
}
