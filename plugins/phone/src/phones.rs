//! Whose phone it is: `201 = ane@company.com`, one on each line.

/// The addresses of the agents whose phones these are, each once.
pub fn agents(settings: &str, phones: &[String]) -> Vec<String> {
    let plain = |text: &str| {
        let text = text.trim().to_lowercase();
        let number = text.chars().all(|c| c.is_ascii_digit() || " +-()".contains(c));
        let digits = || text.chars().filter(char::is_ascii_digit).collect::<String>();
        if number { digits() } else { text }
    };
    let phones: Vec<String> = phones.iter().map(|phone| plain(phone)).collect();
    let mut found = vec![];
    for (phone, agent) in settings.lines().filter_map(|line| line.split_once('=')) {
        let agent = agent.trim().to_lowercase();
        let phone = plain(phone);
        if !phone.is_empty() && !agent.is_empty() && phones.contains(&phone) && !found.contains(&agent) {
            found.push(agent);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::agents;

    #[test]
    fn a_phone_is_found_by_any_of_its_names() {
        let settings =
            "201 = Ane@company.com\nw0=bo@company.com\n+47 21 00 00 00 = ane@company.com\nnonsense\n= x\n202 =";
        let of =
            |phones: &[&str]| agents(settings, &phones.iter().map(|phone| (*phone).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["201", "W0", "+4721000000"]), ["ane@company.com", "bo@company.com"]);
        assert_eq!(of(&["202", "x", ""]), Vec::<String>::new());
    }
}
