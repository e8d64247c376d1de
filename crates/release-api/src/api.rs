//! What every handler works with: the state of the server's HTTP side, and one authenticated request.

use crate::auth::{self, Credentials};
use crate::edge::{RequestContext, rate::RateLimit};
use crate::input::idempotency::{self, Encode, Key};
use crate::mcp;
use crate::metrics::Metrics;
use crate::openapi::Document;
use crate::problem::{Answered, Refused};
use crate::settings::ApiSettings;
use crate::sse::Hub;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, web};
use release_app::access::Authenticated;
use release_app::{Answer, App, Call, Caller, Done};
use release_assistant::catalogue::Catalogue;
use release_assistant::conversation::Conversations;
use release_contract::problem::Problem;
use serde::Serialize;
use std::future::{Ready, ready};
use std::sync::Arc;

/// Shared by every worker of the process.
pub struct ApiState {
    pub app: Arc<App>,
    pub settings: ApiSettings,
    pub metrics: Arc<Metrics>,
    pub hub: Arc<Hub>,
    /// What agents may do.
    pub catalogue: Catalogue,
    pub(crate) mcp: mcp::Service,
    pub assistant: Conversations,
    pub(crate) rate: RateLimit,
    pub(crate) document: Document,
}

impl ApiState {
    /// Build it once, outside the closure that makes an actix app per worker: streams and limits are shared.
    #[must_use]
    pub fn new(app: Arc<App>, settings: ApiSettings) -> web::Data<Self> {
        let rate = RateLimit::new(settings.rate_per_sec, settings.rate_burst);
        let catalogue = Catalogue::new(app.clone(), &settings.public_url);
        web::Data::new(Self {
            mcp: mcp::service(catalogue.clone(), &settings),
            assistant: Conversations::new(app.clone(), catalogue.clone(), settings.model.clone()),
            catalogue,
            hub: Hub::new(app.clone()),
            metrics: Arc::default(),
            document: Document::build(&settings.version),
            rate,
            settings,
            app,
        })
    }
}

/// One request of someone who proved who they are.
pub struct Api {
    pub state: web::Data<ApiState>,
    pub who: Arc<Authenticated>,
}

impl Api {
    #[must_use]
    pub fn app(&self) -> &App {
        &self.state.app
    }

    #[must_use]
    pub fn caller(&self) -> &Caller {
        // That there is nothing left to change was asked when this was made.
        self.who.caller_before_password_change()
    }

    /// The call of a use case, its answer kept where an idempotency key came with the request.
    #[must_use]
    pub fn call<'a, T>(&'a self, key: Option<Key>, encode: Encode<'a, T>) -> Call<'a, T> {
        idempotency::call(self.caller(), key, encode)
    }
}

impl FromRequest for Api {
    type Error = Refused;
    type Future = Ready<Result<Self, Refused>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = auth::credentials(req).and_then(|Credentials { state, who }| {
            who.caller()?;
            Ok(Self { state, who })
        });
        ready(found.map_err(Refused))
    }
}

/// One request of someone whose password may still have to be changed: for `me`, the password and the way out alone.
pub struct Arrived {
    pub state: web::Data<ApiState>,
    pub who: Arc<Authenticated>,
}

impl FromRequest for Arrived {
    type Error = Refused;
    type Future = Ready<Result<Self, Refused>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(
            auth::credentials(req)
                .map(|Credentials { state, who }| Self { state, who })
                .map_err(Refused),
        )
    }
}

/// One request of anybody.
pub struct Anyone {
    pub state: web::Data<ApiState>,
    pub who: Option<Arc<Authenticated>>,
    pub context: RequestContext,
}

impl FromRequest for Anyone {
    type Error = Refused;
    type Future = Ready<Result<Self, Refused>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let context = req.extensions().get::<RequestContext>().cloned().unwrap_or_default();
        let found = state_of(req).map(|state| Self {
            state,
            who: auth::credentials(req).ok().map(|c| c.who),
            context,
        });
        ready(found.map_err(Refused))
    }
}

/// The state a request is served with.
///
/// # Errors
/// The app was built without it.
pub fn state_of(req: &HttpRequest) -> Result<web::Data<ApiState>, Problem> {
    req.app_data::<web::Data<ApiState>>()
        .cloned()
        .ok_or_else(|| Problem::internal("the app was built without its state"))
}

/// A JSON answer.
#[must_use]
pub fn answer<T: Serialize>(status: u16, body: &T) -> Answer {
    Answer {
        status,
        etag: None,
        body: serde_json::to_string(body).unwrap_or_default(),
    }
}

/// A JSON answer with the version that it tells of.
#[must_use]
pub fn versioned<T: Serialize>(status: u16, version: u64, body: &T) -> Answer {
    Answer {
        etag: Some(crate::input::etag::of(version)),
        ..answer(status, body)
    }
}

/// 200 with a JSON body.
pub fn ok<T: Serialize>(body: &T) -> Answered {
    Ok(idempotency::response(answer(200, body)))
}

/// 200 with a JSON body and the version that it tells of.
pub fn ok_versioned<T: Serialize>(version: u64, body: &T) -> Answered {
    Ok(idempotency::response(versioned(200, version, body)))
}

/// 204.
pub fn no_content() -> Answered {
    Ok(HttpResponse::NoContent()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish())
}

/// The response to a call's outcome.
pub fn done<T>(done: Done<T>, encode: Encode<'_, T>) -> Answered {
    Ok(idempotency::respond(done, encode))
}
