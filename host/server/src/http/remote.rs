//! From where somebody calls: the one place that says so. Where a proxy stands in front, it is the proxy that knows.

use super::App;
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};
use desk::model::ApiLimit;
use std::{
    convert::Infallible,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

/// What each proxy adds the address to that it was called from.
const FORWARDED: &str = "x-forwarded-for";
/// Posts that one place may make without anybody having signed in: a whole office of customers behind one address, each with
/// their forms that come back. One each second in the long run; two minutes' worth of them at once.
pub const STRANGERS: ApiLimit = ApiLimit { per_minute: 60, at_once: 120 };

/// Whose word is taken for where a call came from: what stands between Saker and the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxies(Vec<Network>);

/// Addresses that begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    bits: u32,
}

impl Default for Proxies {
    /// This machine. Who may listen here may call from here, and nobody else can come from these addresses.
    fn default() -> Self {
        let networks = ["127.0.0.0/8", "::1"].into_iter().filter_map(|text| text.parse().ok());
        Self(networks.collect())
    }
}

impl FromStr for Proxies {
    type Err = String;

    /// Addresses and networks with commas between; `none` is nobody.
    fn from_str(text: &str) -> Result<Self, String> {
        let each = text.split(',').map(str::trim).filter(|one| !one.is_empty() && *one != "none");
        each.map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let said: Option<IpAddr> = address.parse().ok();
        let most = |address: IpAddr| if address.is_ipv4() { 32 } else { 128 };
        let bits =
            |address| bits.map_or(Some(most(address)), |bits| bits.parse().ok().filter(|bits| *bits <= most(address)));
        said.and_then(|address| Some(Network { address, bits: bits(address)? }))
            .ok_or_else(|| format!("{text} is no address and no network such as 10.0.0.0/8"))
    }
}

impl Network {
    fn holds(self, other: IpAddr) -> bool {
        match (self.address, other) {
            (IpAddr::V4(ours), IpAddr::V4(other)) => (ours.to_bits() ^ other.to_bits()).leading_zeros() >= self.bits,
            (IpAddr::V6(ours), IpAddr::V6(other)) => (ours.to_bits() ^ other.to_bits()).leading_zeros() >= self.bits,
            _ => false,
        }
    }
}

impl Proxies {
    fn hold(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.holds(address))
    }

    /// The last address on the way here that is no proxy of ours. What stands further left in the header, whoever called wrote
    /// themselves; and what nobody can read is as far as our own proxies know.
    fn caller(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut at = peer.to_canonical();
        let said = headers.get_all(FORWARDED).iter().map(|value| value.to_str().unwrap_or_default());
        let mut way: Vec<&str> = said.flat_map(|line| line.split(',')).collect();
        while self.hold(at) {
            match way.pop().and_then(address) {
                Some(before) => at = before,
                None => break,
            }
        }
        at
    }
}

/// Some proxies write the port along.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = || text.trim_start_matches('[').trim_end_matches(']').parse().ok();
    bare().or_else(|| text.parse::<SocketAddr>().ok().map(|at| at.ip())).map(|address: IpAddr| address.to_canonical())
}

/// From where this call comes; nothing where it came by no socket.
#[derive(Clone, Copy, Debug)]
pub struct Remote(Option<IpAddr>);

impl Remote {
    pub fn of(app: &App, parts: &Parts) -> Self {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Self(peer.map(|peer| app.proxies.caller(peer.0.ip(), &parts.headers)))
    }

    /// As plugins are told it.
    pub fn text(self) -> String {
        self.0.map(|address| address.to_string()).unwrap_or_default()
    }

    /// What one house has for itself: a single address, or the 2⁶⁴ that everybody gets who has one of the newer kind.
    pub fn network(self) -> Option<IpAddr> {
        self.0.map(|address| match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(long) => IpAddr::V6(Ipv6Addr::from_bits(long.to_bits() >> 64 << 64)),
        })
    }
}

impl FromRequestParts<App> for Remote {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self::of(app, parts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(proxies: &str, peer: &str, said: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in said {
            headers.append(FORWARDED, line.parse().unwrap());
        }
        proxies.parse::<Proxies>().unwrap().caller(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_a_proxy_of_ours_says_where_a_call_came_from() {
        let ours = "127.0.0.0/8, ::1,10.0.0.7";
        assert_eq!(caller(ours, "203.0.113.9", &["198.51.100.1"]), "203.0.113.9", "a stranger says what they like");
        assert_eq!(caller(ours, "127.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(caller(ours, "::ffff:127.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(
            caller(ours, "::1", &["1.1.1.1, 198.51.100.1, 10.0.0.7"]),
            "198.51.100.1",
            "what came before is made up"
        );
        assert_eq!(caller(ours, "127.0.0.1", &["1.1.1.1", "198.51.100.1"]), "198.51.100.1", "in two lines");
        assert_eq!(caller(ours, "127.0.0.1", &["2001:db8::5"]), "2001:db8::5");
        for port in ["198.51.100.1:4711", " 198.51.100.1 "] {
            assert_eq!(caller(ours, "127.0.0.1", &[port]), "198.51.100.1");
        }
        assert_eq!(caller(ours, "127.0.0.1", &["[2001:db8::5]:4711"]), "2001:db8::5");
        for nobody in [&[][..], &[""], &["unknown"], &["198.51.100.1, <script>"]] {
            assert_eq!(caller(ours, "127.0.0.1", nobody), "127.0.0.1", "{nobody:?}");
        }
        assert_eq!(caller(ours, "127.0.0.1", &["10.0.0.7, 127.0.0.1"]), "10.0.0.7", "somebody of the house");
        for nobody in ["none", ""] {
            assert_eq!(caller(nobody, "127.0.0.1", &["198.51.100.1"]), "127.0.0.1");
        }
        assert_eq!(Proxies::default(), "127.0.0.0/8,::1".parse().unwrap());
    }

    #[test]
    fn networks_are_read_as_people_write_them() {
        let holds = |network: &str, address: &str| network.parse::<Network>().unwrap().holds(address.parse().unwrap());
        assert!(holds("10.0.0.0/8", "10.255.0.1") && !holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("0.0.0.0/0", "203.0.113.9") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("2001:db8::/32", "2001:db8:ffff::1") && !holds("2001:db8::/32", "2001:db9::1"));
        for garbage in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "house", "10.0.0.0/-1", "10.0.0.0/"] {
            assert!(garbage.parse::<Network>().is_err(), "{garbage}");
        }
    }

    #[test]
    fn a_house_of_the_newer_kind_is_one_house() {
        let house = |address: &str| Remote(address.parse().ok()).network().map(|network| network.to_string());
        assert_eq!(house("2001:db8:1:2:3:4:5:6").as_deref(), Some("2001:db8:1:2::"));
        assert_eq!(house("203.0.113.9").as_deref(), Some("203.0.113.9"));
    }
}
