//! Said in the customers' portal.

use super::words;

words! {
    contact_us: "Kontakt oss", "Contact us";
}
