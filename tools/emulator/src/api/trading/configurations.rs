//! `/v2/account/configurations`.

use crate::api::route::{Call, Method, Route};
use crate::api::{Answer, Body, Desk};

const PATH: &str = "/v2/account/configurations";

pub(crate) const ROUTES: &[Route] = &[
    Route::trading(Method::Get, PATH, &[(200, Some("AccountConfigurations"))], show),
    Route::trading(
        Method::Patch,
        PATH,
        &[(200, Some("AccountConfigurations")), (422, Some("Error"))],
        change,
    )
    .with_body("ConfigurationsPatch"),
];

fn show(desk: &mut Desk<'_>, _: &Call<'_>) -> Answer {
    Ok(Body::ok(&desk.book().settings))
}

/// Any subset in, all of them out.
fn change(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    desk.book_mut().settings.patch(call.body)?;
    show(desk, call)
}
