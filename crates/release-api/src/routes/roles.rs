//! `/roles`.

use crate::api::{Api, answer, done, no_content, ok};
use crate::input::body::Body;
use crate::input::gate::Place;
use crate::input::path::Id;
use crate::input::query::Query;
use crate::problem::Answered;
use crate::routes::headers::IdempotencyKey;
use actix_web::{delete, get, post};
use release_app::Answer;
use release_app::access::roles::{self, NewRole, RoleView};
use release_contract::asked;
use release_contract::cursor;
use release_contract::list::listed;
use release_contract::people::{CreateRole, Role, RoleList};
use release_domain::access::Permission;
use release_domain::ids::RoleId;
use utoipa_actix_web::service_config::ServiceConfig;

const LIST: &str = "roles";

pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list_roles)
        .service(create_role)
        .service(get_role)
        .service(delete_role);
}

asked! {
    RolesQuery {}
}

/// Roles, shipped and own, by key.
#[utoipa::path(tag = "access", params(RolesQuery), responses((status = 200, body = RoleList)))]
#[get("/roles")]
async fn list_roles(api: Api, query: Query<RolesQuery>) -> Answered {
    let page = cursor::page(LIST, &query.get()?.limits())?;
    let list = roles::list(api.app(), api.caller(), page).await?;
    ok(&RoleList::from(listed(LIST, list.found, list.actions, |view| {
        Role::from(&view)
    })))
}

fn made(view: &RoleView) -> Answer {
    answer(201, &Role::from(view))
}

/// Makes a role.
#[utoipa::path(
    tag = "access",
    params(IdempotencyKey),
    request_body = CreateRole,
    responses((status = 201, body = Role)),
)]
#[post("/roles")]
async fn create_role(api: Api, body: Body<CreateRole>) -> Answered {
    let (body, key) = body.admit(&api, Permission::AccessWrite, Place::All).await?;
    let new = NewRole {
        key: body.key,
        permissions: body.permissions,
    };
    let call = api.call(key, &made);
    done(roles::create(api.app(), &call, new).await?, &made)
}

/// One role.
#[utoipa::path(tag = "access", responses((status = 200, body = Role)))]
#[get("/roles/{id}")]
async fn get_role(api: Api, id: Id<RoleId>) -> Answered {
    let id = id.known(&api, Permission::AccessRead).await?;
    let view = roles::get(api.app(), api.caller(), id).await?;
    ok(&Role::from(&view))
}

/// Deletes a role that nobody has.
#[utoipa::path(tag = "access", responses((status = 204)))]
#[delete("/roles/{id}")]
async fn delete_role(api: Api, id: Id<RoleId>) -> Answered {
    let id = id.known(&api, Permission::AccessWrite).await?;
    roles::delete(api.app(), api.caller(), id).await?;
    no_content()
}
