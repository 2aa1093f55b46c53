//! Microsoft's clouds: each has a Bot Connector of its own (learn.microsoft.com/azure/bot-service/how-to-deploy-gov-cloud-high and
//! …/how-to-deploy-china-cloud).

/// Where a cloud says which keys it signs with, and its Bot Connector's name: who signs, and what a bot asks a token for.
const OTHERS: [(&str, &str); 2] = [
    ("https://login.botframework.azure.us", "https://api.botframework.us"),
    ("https://login.botframework.azure.cn", "https://api.botframework.azure.cn"),
];
/// The one for everybody, and for the government's GCC.
const EVERYBODY: &str = "https://api.botframework.com";

/// The Bot Connector whose keys lie there.
pub fn connector(keys: &str) -> &'static str {
    let lies = |place: &str| keys.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    OTHERS.iter().find(|(place, _)| lies(place)).map_or(EVERYBODY, |(_, name)| name)
}

/// What a bot asks for, to speak to it.
pub fn scope(keys: &str) -> String {
    format!("{}/.default", connector(keys))
}

#[cfg(test)]
mod tests {
    use super::{connector, scope};

    #[test]
    fn each_cloud_has_its_own_connector() {
        assert_eq!(connector("https://login.botframework.com/v1/.well-known"), "https://api.botframework.com");
        assert_eq!(scope("https://login.botframework.azure.us/v1/.well-known"), "https://api.botframework.us/.default");
        assert_eq!(
            connector("https://login.botframework.azure.cn/v1/.well-known"),
            "https://api.botframework.azure.cn"
        );
        for strange in ["", "https://login.botframework.azure.us.evil.example/v1", "http://127.0.0.1:9000"] {
            assert_eq!(connector(strange), "https://api.botframework.com", "{strange}");
        }
    }
}
