//! Where a post comes from, as far as its browser tells: only our own pages act in the name of whoever is signed in.

use axum::http::{HeaderMap, header};
use url::Url;

/// What browsers say of it (Fetch Metadata).
const SITE: &str = "sec-fetch-site";

/// Whether a post comes from a page of ours, or from nobody's. A sister site, or another port of this machine, gets our cookies
/// along (`SameSite` asks for the site only) and is somebody else all the same. What tells nothing is no browser that carries
/// cookies for others.
pub fn is_ours(headers: &HeaderMap, public_url: &str) -> bool {
    if let Some(site) = headers.get(SITE) {
        return site == "same-origin" || site == "none";
    }
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let Some(origin) = text(header::ORIGIN) else { return true };
    let public = Url::parse(public_url).map(|url| url.origin().ascii_serialization());
    // Where an address is not safe, browsers say no more than this; and people come by other names than the public one.
    let host = origin.split_once("://").map(|(_, host)| host);
    public.is_ok_and(|public| public == origin) || (host.is_some() && host == text(header::HOST))
}

/// Whether a post comes from another site altogether.
pub fn is_foreign(headers: &HeaderMap) -> bool {
    headers.get(SITE).is_some_and(|site| site == "cross-site")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(headers: &[(&'static str, &str)]) -> HeaderMap {
        headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_sister_site_is_somebody_else() {
        let ours = |headers: &[(&'static str, &str)]| is_ours(&said(headers), "https://help.fjord.no/");
        for (site, right) in
            [("same-origin", true), ("none", true), ("same-site", false), ("cross-site", false), ("", false)]
        {
            assert_eq!(ours(&[(SITE, site)]), right, "{site}");
            // It knows better than the other header.
            assert_eq!(ours(&[(SITE, site), ("origin", "https://help.fjord.no")]), right, "{site}");
        }
        assert!(ours(&[]), "no browser");
        for (origin, right) in [
            ("https://help.fjord.no", true),
            ("http://10.0.0.5:8080", true),
            ("https://help.fjord.no:8443", false),
            ("https://www.fjord.no", false),
            ("http://10.0.0.5", false),
            ("null", false),
            ("", false),
        ] {
            assert_eq!(ours(&[("origin", origin), ("host", "10.0.0.5:8080")]), right, "{origin}");
        }
        assert!(!ours(&[("origin", "null")]));
    }
}
