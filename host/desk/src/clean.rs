//! HTML from outside, made harmless. Always, whoever wrote it.

/// Keeps what carries a letter's look: text, links, tables, pictures inside the mail. Scripts, forms, frames, style
/// sheets and anything that would load from elsewhere are gone; pictures on other sites wait for the reader's word.
pub fn mail_html(html: &str) -> String {
    let mut cleaner = ammonia::Builder::default();
    cleaner
        .add_generic_attributes(["style", "align", "valign", "bgcolor", "width", "height", "dir", "lang"])
        .add_tags(["font", "center"])
        .add_tag_attributes("font", ["color", "size", "face"])
        .add_tag_attributes("table", ["border", "cellpadding", "cellspacing"])
        .add_tag_attributes("img", ["data-remote"])
        .add_url_schemes(["cid"])
        .filter_style_properties(std::collections::HashSet::from([
            "color", "background-color", "font-weight", "font-style", "font-size", "font-family", "text-align",
            "text-decoration", "padding", "padding-left", "padding-right", "padding-top", "padding-bottom", "margin",
            "margin-left", "margin-right", "margin-top", "margin-bottom", "border", "border-left", "border-top",
            "border-right", "border-bottom", "border-collapse", "width", "max-width", "height", "line-height",
            "vertical-align", "white-space", "list-style-type",
        ]))
        .attribute_filter(|element, attribute, value| match (element, attribute) {
            // A picture elsewhere tells its owner that the mail was read.
            ("img", "src") if !value.trim_start().to_ascii_lowercase().starts_with("cid:") => None,
            (_, "style") if value.to_ascii_lowercase().contains("url(") => None,
            _ => Some(value.into()),
        })
        .link_rel(Some("noopener noreferrer nofollow"))
        .set_tag_attribute_value("a", "target", "_blank");
    cleaner.clean(html).to_string()
}

#[cfg(test)]
mod tests {
    use super::mail_html;

    #[test]
    fn what_could_act_is_gone() {
        let dirty = r#"<p onclick="x()" style="color:red;background:url(http://evil)">Hei<script>alert(1)</script>
            <a href="javascript:alert(1)">a</a><img src="http://tracker/x.gif"><img src="cid:logo@x">
            <iframe src="http://evil"></iframe><form action="/x"><input></form></p>"#;
        let clean = mail_html(dirty);
        for bad in ["script", "onclick", "javascript", "tracker", "iframe", "<form", "<input", "url("] {
            assert!(!clean.contains(bad), "{bad} in {clean}");
        }
        assert!(clean.contains("cid:logo@x") && clean.contains("Hei"));
    }
}
