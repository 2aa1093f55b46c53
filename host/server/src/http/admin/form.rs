//! Reads what was posted.

use super::super::sheet::gather;
use axum::{
    extract::{Form, Multipart, multipart::MultipartRejection, rejection::FormRejection},
    http::StatusCode,
};
use desk::{Error, Why};
use portal::agent::admin::Typed;

/// Fields of a form as they were sent; the same name may come more than once.
pub type Fields = Result<Form<Vec<(String, String)>>, FormRejection>;

/// Line ends as everywhere else, and no zeros. A form that can't be read is one without fields.
pub fn typed(fields: Fields) -> Typed {
    let fields = fields.map(|Form(fields)| fields).unwrap_or_default();
    Typed::of(fields.into_iter().map(|(name, value)| (name, value.replace("\r\n", "\n").replace('\0', ""))).collect())
}

/// The file of a form, read to its end and kept as far as a plugin may go.
///
/// # Errors
/// For the field `file`.
pub async fn file(form: Result<Multipart, MultipartRejection>) -> desk::Result<Vec<u8>> {
    let too_large = || Error::invalid("file", Why::TooLarge { megabytes: (package::LARGEST >> 20) as u32 });
    let missing = || Error::invalid("file", Why::Missing);
    let broken = |status: StatusCode| if status == StatusCode::PAYLOAD_TOO_LARGE { too_large() } else { missing() };
    let mut form = form.map_err(|_| missing())?;
    while let Some(mut field) = form.next_field().await.map_err(|error| broken(error.status()))? {
        if field.name() != Some("file") {
            continue;
        }
        let (bytes, size) = gather(&mut field, package::LARGEST).await.map_err(|error| broken(error.status()))?;
        return match size {
            0 => Err(missing()),
            size if size > package::LARGEST => Err(too_large()),
            _ => Ok(bytes),
        };
    }
    Err(missing())
}
