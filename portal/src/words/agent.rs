//! Said in the workspace.

mod admin;
mod log;
mod plugins;
mod setback;
mod values;

use super::words;

words! {
    // The frame
    rail: "Hovedmeny", "Main";
    tickets: "Saker", "Requests";
    lists: "Lister", "Lists";
    new_ticket: "Ny sak", "New request";
    new_short: "Ny", "New";
    me: "Meg", "Me";
    notices_short: "Varsler", "Notices";
    no_notices: "Ingen varsler.", "No notices.";
    settings: "Innstillinger", "Settings";
    shortcuts: "Hurtigtaster", "Keyboard shortcuts";
    offline: "Uten nett. Du kan lese videre, og teksten du skriver tas vare på her.", "Offline. You can go on reading, and what you write is kept here.";
    signed_out: "Du er logget ut. Teksten din er trygg.", "You are signed out. Your text is safe.";
    loading: "Henter …", "Loading …";
    could_not_read: "Vi fikk ikke hentet dette", "We couldn't load this";
    no_such_page: "Denne siden finnes ikke", "There is no such page";
    no_such_page_help: "Se etter skrivefeil i adressen, eller velg en liste.", "Check the address for typing errors, or choose a list.";
    text_is_safe: "Teksten din er trygg.", "Your text is safe.";
    undo: "Angre", "Undo";
    save: "Lagre", "Save";
    plugin_wants: "Den vil:", "It wants to:";
    grant_this: "Gi den dette?", "Grant this?";
    install_this: "Installere?", "Install?";
    saved: "Lagret", "Saved";

    // The telephone
    telephone: "Telefon", "Telephone";
    it_rings: "Det ringer", "Incoming call";
    on_the_line: "I samtale", "On the line";
    hidden_number: "Skjult nummer", "Hidden number";
    unknown_caller: "Ukjent nummer", "Unknown number";
    log_call: "Registrer samtalen", "Log the call";
    show_person: "Vis kontakten", "Show contact";
    caller_log: "Anropslogg", "Caller log";
    to_call_back: "Ring tilbake", "To call back";
    all_calls: "Alle anrop", "All calls";
    older_calls: "Vis eldre anrop", "Show older calls";
    call_them: "Ring", "Call";
    settle_call: "Ordnet", "Dealt with";
    dealt_with: "ordnet", "dealt with";
    no_calls: "Ingen anrop", "No calls";
    no_calls_help: "Her står anrop når en telefonsentral er koblet til.", "Calls stand here when a telephone exchange is connected.";
    do_answer: "Registrer samtalen som ringer", "Log the call that rings";

    // What the keys do
    do_next: "Neste sak", "Next request";
    do_previous: "Forrige sak", "Previous request";
    do_open: "Åpne", "Open";
    do_back: "Lukk, eller gå tilbake til listen", "Close, or go back to the list";
    take: "Overta saken", "Take request";
    do_reply: "Svar", "Reply";
    do_comment: "Kommentar", "Comment";
    do_close: "Avslutt", "Close request";
    do_reopen: "Åpne igjen", "Reopen";
    do_transfer: "Overfør", "Transfer";
    do_status: "Endre status", "Change status";
    do_priority: "Endre prioritet", "Change priority";
    do_star: "Favoritt", "Favourite";
    do_context: "Kundepanel", "Customer panel";
    do_search: "Søk", "Search";
    do_palette: "Finn en handling eller sak", "Find an action or request";
    copy_link: "Kopier lenke til saken", "Copy link to request";
    link_copied: "Lenken er kopiert", "Link copied";
    send_key: "Send, eller lagre", "Send, or save";
    send_and_close_key: "Send og avslutt", "Send and close";
    palette_hint: "Skriv hva du vil gjøre, eller et saksnummer", "Type what you want to do, or a request number";

    // Lists
    unread: "Ulest", "Unread";
    has_files: "Har vedlegg", "Has attachments";
    starred: "Favoritt", "Favourite";
    status_new: "Ny", "New";
    show_more: "Vis 50 til", "Show 50 more";
    see_unassigned: "Se ufordelte saker", "See unassigned requests";
    hint_step: "bla", "step";
    hint_take: "overta", "take";
    hint_all: "alt", "anything";
    preview: "Forhåndsvisning", "Preview";
    nothing_chosen: "Ingen sak er valgt", "No request is chosen";
    nothing_chosen_help: "Velg en sak i listen, eller bla med J og K.", "Choose a request in the list, or step with J and K.";
    no_such_ticket: "Fant ikke saken", "Request not found";

    // One request
    customer: "Kunde", "Customer";
    category: "Kategori", "Category";
    priority: "Prioritet", "Priority";
    status: "Status", "Status";
    owner: "Eier", "Owner";
    legal_hold: "Sperret for sletting", "Legal hold";
    place_hold: "Sperr for sletting", "Place a legal hold";
    lift_hold: "Opphev", "Lift";
    why_hold: "Hvorfor må saken bevares?", "Why must the request be kept?";
    why_lift: "Hvorfor oppheves sperren?", "Why is the hold lifted?";
    properties: "Egenskaper", "Properties";
    customer_and_properties: "Kunde og egenskaper", "Customer and properties";
    log: "Logg", "Log";
    access: "Tilgangsnivå", "Access level";
    external: "Ekstern", "External";
    internal: "Intern", "Internal";
    channel: "Kanal", "Channel";
    created: "Registrert", "Registered";
    customers_page: "Kundens side", "Customer's page";
    on_paper: "På papir", "On paper";
    print: "Utskriftsvennlig side", "Printable page";
    log_as_file: "Loggen som fil", "The log as a file";
    as_text: "Tekst", "Text";
    flag: "Flagg", "Flag";
    flag_shared: "Flagg som alle ser", "Flag that everybody sees";
    flag_own: "Mitt eget flagg", "My own flag";
    flag_note: "Notat bare du ser", "A note only you see";
    open_page: "Åpne siden", "Open the page";
    no_contact: "Saken har ingen kontakt.", "The request has no contact.";
    earlier: "Tidligere saker", "Earlier requests";
    show_all: "Vis alle", "Show all";
    open_full: "Åpne i fullt bilde", "Open in full";
    assign: "Tildel", "Assign";
    nobody: "Ufordelt", "Unassigned";
    myself: "Meg", "Me";
    released: "Saken er ufordelt igjen", "The request is unassigned again";
    take_over: "Overta saken", "Take it over";

    // The conversation
    conversation: "Samtalen", "Conversation";
    internal_comment: "Intern kommentar", "Internal comment";
    automatic_reply: "Automatisk svar", "Automatic reply";
    forwarded: "Videresendt", "Forwarded";
    from_helper: "Fra ekstern hjelper", "From an outside helper";
    came_back: "Kom i retur", "Came back";
    not_confirmed: "Ubekreftet", "Unconfirmed";
    not_confirmed_means: "Avsenderen oppga selv adressen. Ingen har vist at den er avsenderens egen.", "Whoever wrote typed the address. Nobody has shown that it is theirs.";
    mail_source: "Last ned e-posten slik den kom", "Download the mail as it came";
    mail_as_sent: "E-posten slik avsenderen utformet den", "The mail as its sender laid it out";
    show_as_text: "Vis som tekst", "Show as text";
    show_as_html: "Vis slik den ble sendt", "Show as it was sent";
    unreadable: "Denne e-posten lot seg ikke lese. Den er vedlagt slik den kom.", "This mail could not be read. It is attached as it came.";
    deliver_again: "Send på nytt", "Send again";

    // Writing
    answer_how: "Svar eller kommentar", "Reply or comment";
    go_on_writing: "Fortsett på kladden", "Go on with your draft";
    comment_field: "Intern kommentar", "Internal comment";
    only_colleagues: "Bare kolleger ser dette", "Only colleagues see this";
    add_comment: "Legg til kommentar", "Add comment";
    put_away: "Legg bort", "Put away";
    signature: "Signatur", "Signature";
    attach_file: "Legg ved fil", "Attach a file";
    templates: "Svarmaler", "Reply templates";
    no_templates: "Ingen svarmaler ennå.", "No reply templates yet.";
    own_templates: "Egne svarmaler", "Your own reply templates";
    own_templates_lead: "Svar som du skriver ofte. Du finner dem under lynet der du svarer.", "Replies that you write often. You find them under the bolt where you reply.";
    no_own_templates: "Ingen ennå", "None yet";
    new_template: "Ny svarmal", "New reply template";
    change_template: "Endre svarmal", "Change the reply template";
    change: "Endre", "Change";
    delete: "Slett", "Delete";
    only_you: "Bare du", "Only you";
    for_everybody: "Alle", "Everybody";
    template_name: "Navn", "Name";
    template_nb: "Tekst på norsk", "Text in Norwegian";
    template_en: "Tekst på engelsk", "Text in English";
    template_places: "Skriv {{ customer.first }} der kundens fornavn skal stå. Andre: {{ customer.name }}, {{ customer.email }}, {{ ticket.number }}, {{ ticket.title }}, {{ ticket.url }}, {{ ticket.category }}, {{ agent.name }}, {{ organisation }}. Kunden får teksten på sitt språk, hvis den finnes.", "Write {{ customer.first }} where the customer’s first name goes. Others: {{ customer.name }}, {{ customer.email }}, {{ ticket.number }}, {{ ticket.title }}, {{ ticket.url }}, {{ ticket.category }}, {{ agent.name }}, {{ organisation }}. Customers get the text in their language, where there is one.";
    template_shared: "Alle kolleger kan bruke den", "All colleagues may use it";
    template_deleted: "Svarmalen er slettet", "The reply template is deleted";
    other_ways: "Andre måter å sende på", "Other ways to send";
    wait_for_files: "Vent til filene er lastet opp.", "Wait until the files are uploaded.";
    written_meanwhile: "Det kom noe nytt mens du skrev. Teksten din er trygg.", "Something new came while you were typing. Your text is safe.";

    recipients: "Mottakere", "Recipients";
    to: "Til", "To";
    copy_to: "Kopi", "Cc";
    blind_copy: "Blindkopi", "Bcc";
    also_involved: "Også med i samtalen:", "Also part of it:";
    to_become_contacts: "Kjente mottakere i Til blir kontakter på saken", "Known recipients in To become contacts of the request";

    // Writing first
    new_letter: "Skriv til en kunde", "Write to a customer";
    to_which_customer: "Hvem skal ha den?", "Who is it for?";
    letter_text: "Melding til kunden", "Message to the customer";
    address_only: "Uten navn får adressen e-posten uten å bli en kontakt.", "Without a name the address gets the mail without becoming a contact.";
    letter_sent: "E-posten er sendt", "Mail sent";
    letter_sent_and_closed: "E-posten er sendt, og saken er avsluttet", "Mail sent, request closed";
    close_with_it: "Avslutt saken", "Close the request";
    copies: "Kopi og blindkopi", "Cc and Bcc";
    suggestions: "Forslag", "Suggestions";
    use_it: "Bruk", "Use it";
    no_thanks: "Nei takk", "No, thanks";
    from_elsewhere: "Fra andre kilder", "From elsewhere";
    request_type: "Sakstype", "Request type";
    details: "Detaljer", "Details";
    insert: "Sett inn", "Insert";
    needed: "må fylles ut", "required";
    search_person: "Navn, adresse eller nummer", "Name, address or number";

    // On the phone
    new_from_phone: "Ny sak fra telefon", "New request by phone";
    who_calls: "Hvem ringer?", "Who is calling?";
    who_hint: "Nummer, navn eller e-postadresse", "Number, name or e-mail address";
    who_is_it: "Hvem av disse er det?", "Which of these is it?";
    known: "Kjent", "Known";
    somebody_else: "Bytt", "Change";
    new_contact: "Ny kontakt", "New contact";
    name: "Navn", "Name";
    email: "E-post", "E-mail";
    phone: "Telefon", "Phone";
    what_about: "Hva gjelder det?", "What is it about?";
    what_they_say: "Det kunden sier", "What the customer says";
    send_confirmation: "Send en bekreftelse med saksnummer", "Send a confirmation with the number";
    send_confirmation_hint: "Uten dette sendes ingen e-post.", "Without this, no mail is sent.";
    save_ticket: "Lagre sak", "Save request";
    number_shown_large: "Nummeret vises stort når saken er lagret", "The number is shown large when the request is saved";
    saved_as: "Saken er lagret med nummer", "The request is saved as number";
    read_it_out: "Les nummeret opp for den som ringer.", "Read the number out to the caller.";
    open_ticket: "Åpne saken", "Open the request";
    next_call: "Ny samtale", "Next call";
    one_of_these: "Gjelder det en av disse?", "Is it one of these?";
    callers_tickets_here: "Sakene til den som ringer, vises her.", "The caller's requests are shown here.";
    customers_tickets_here: "Sakene til kunden vises her.", "The customer's requests are shown here.";
    open_tickets: "Åpne saker", "Open requests";
    last_closed: "Siste avsluttede", "Last closed";
    nobody_has_it: "Ingen har den", "Nobody has it";
    put_call_here: "Legg samtalen her", "Put the call here";
    time_spent: "Medgått tid", "Time spent";
    pause: "Pause", "Pause";
    go_on: "Fortsett", "Go on";

    // Search
    search_hint: "Søk i saker, meldinger og personer", "Search requests, messages and people";
    search_empty: "Hva leter du etter?", "What are you looking for?";
    search_empty_help: "Søk på ord, navn, adresse, telefonnummer eller saksnummer.", "Search for words, a name, an address, a phone number or a request number.";
    no_hits_help: "Prøv færre ord, eller se etter skrivefeil.", "Try fewer words, or check the spelling.";
    narrow_down: "Avgrens", "Narrow down";
    people: "Personer", "People";
    hits: "Treff", "Hits";
    order: "Rekkefølge", "Order";
    best_match: "Beste treff", "Best match";
    newest: "Nyeste", "Newest";

    // Settings
    about_you: "Om deg", "About you";
    signature_hint: "Står under svarene dine til kunder.", "Put under your replies to customers.";
    single_keys: "Enkelttaster", "Single keys";

    // The door
    sign_in_title: "Logg inn i Saker", "Sign in to Saker";
    password: "Passord", "Password";
    wrong_sign_in: "E-postadressen og passordet passer ikke sammen.", "The e-mail address and password don't match.";
    sign_in_wait: "Det ble mange forsøk på kort tid. Vent litt, og prøv igjen.", "That was many tries in a short time. Wait a little, and try again.";
    sign_in_expired: "Lenken er gått ut på tid. Be om en ny, eller bruk passordet.", "The link has expired. Ask for a new one, or use your password.";
    sign_in_ended: "Du er logget ut.", "You are signed out.";
    sign_in_failed: "Innloggingen gikk ikke. Prøv igjen.", "The sign-in did not work. Try again.";
}
