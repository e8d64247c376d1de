//! Tools that change nothing.

use super::answer::{Answer, Refused};
use super::arguments::Given;
use super::explain::Explanation;
use super::{Calling, json, next};
use futures::future::BoxFuture;
use release_app::catalogue::{environments, services, targets};
use release_app::releases::{diagnostics, list, manifest, objects, plan, timeline};
use release_app::{approvals, rendering};
use release_contract::audit::{Event, EventList};
use release_contract::catalogue::{Environment, EnvironmentList};
use release_contract::cursor::{self, Limits};
use release_contract::list::listed;
use release_contract::plan::{ObjectText, Preview};
use release_contract::problem::Problem;
use release_contract::query::{
    APPROVALS, ApprovalsQuery, ENVIRONMENTS, EnvironmentsQuery, ObjectQuery, PlanQuery, RELEASES, ReleasesQuery,
    SERVICES, ServicesQuery, TARGETS, TIMELINE, TargetsQuery, TimelineQuery,
};
use release_contract::release::{Release, ReleaseList};
use release_contract::render::{ReleaseManifest, Render, Rendered};
use release_contract::runtime::{Diagnostics, Objects};
use release_contract::service::{Service, ServiceList};
use release_contract::target::{Target, TargetList};
use release_contract::ticket::{Ticket, TicketList, TicketWithPlan};
use serde_json::Value;

/// A page of a list on its way.
type Page<'a> = BoxFuture<'a, Result<Value, Problem>>;

/// What an agent may do to a list itself is a tool or nothing; `actions` of lists are for pages.
const NO_ACTIONS: Vec<release_app::access::Action> = Vec::new();

impl<'a> Calling<'a> {
    /// A list with so many items that it fits; the cursor is the list's own.
    pub(super) async fn list(self, given: Given, page: impl Fn(Given) -> Page<'a>) -> Result<Answer, Refused> {
        let mut limit = given.limit();
        loop {
            let answered = page(given.clone().limited(limit)).await?;
            let on = answered["next_cursor"].clone();
            let shown = Answer::of(self.tool, answered, 0, Vec::new())?;
            let items = shown.structured["items"].as_array().map_or(0, Vec::len);
            match (shown.is_cut(), u32::try_from(items)) {
                (false, _) if limit == given.limit() => return Ok(shown),
                // So many fit: the list is asked for no more, and says itself where they end.
                (true, Ok(fit)) if (1..limit).contains(&fit) => limit = fit,
                (true | false, _) => return Ok(shown.going_on_at(on)),
            }
        }
    }

    pub(super) fn services(self, given: Given) -> Page<'a> {
        Box::pin(async move {
            let list = services::list(self.app(), self.caller, given.query::<ServicesQuery>()?.read()?).await?;
            let each = |view| Service::from(&view);
            json(&ServiceList::from(listed(SERVICES, list.found, NO_ACTIONS, each)))
        })
    }

    pub(super) fn environments(self, given: Given) -> Page<'a> {
        Box::pin(async move {
            let query = given.query::<EnvironmentsQuery>()?.read()?;
            let list = environments::list(self.app(), self.caller, query).await?;
            let each = |view| Environment::listed(&view);
            json(&EnvironmentList::from(listed(
                ENVIRONMENTS,
                list.found,
                NO_ACTIONS,
                each,
            )))
        })
    }

    pub(super) fn targets(self, given: Given) -> Page<'a> {
        Box::pin(async move {
            let list = targets::list(self.app(), self.caller, given.query::<TargetsQuery>()?.read()?).await?;
            let each = |view| Target::from(&view);
            json(&TargetList::from(listed(TARGETS, list.found, NO_ACTIONS, each)))
        })
    }

    pub(super) fn releases(self, given: Given) -> Page<'a> {
        Box::pin(async move {
            let (filter, page) = given.query::<ReleasesQuery>()?.read(self.caller)?;
            let found = list::list(self.app(), self.caller, &filter, page).await?;
            let each = |view| Release::listed(&view);
            json(&ReleaseList::from(listed(RELEASES, found, NO_ACTIONS, each)))
        })
    }

    pub(super) fn approvals(self, given: Given) -> Page<'a> {
        Box::pin(async move {
            let asked = given.query::<ApprovalsQuery>()?;
            let mine = asked.mine.unwrap_or(false);
            let (filter, page) = asked.read(self.caller)?;
            let found = approvals::list::list(self.app(), self.caller, &filter, mine, page).await?;
            let each = |view| Ticket::from(&view);
            json(&TicketList::from(listed(APPROVALS, found, NO_ACTIONS, each)))
        })
    }

    pub(super) fn timeline(self, mut given: Given) -> Page<'a> {
        Box::pin(async move {
            let id = given.id("release_id")?;
            let page = given.query::<TimelineQuery>()?.read()?;
            let found = timeline::timeline(self.app(), self.caller, id, page).await?;
            json(&EventList::from(listed(TIMELINE, found, NO_ACTIONS, Event)))
        })
    }

    pub(super) async fn service(self, mut given: Given) -> Result<Answer, Refused> {
        let from = self.goes_on(&mut given)?;
        let view = services::get(self.app(), self.caller, given.id("service_id")?).await?;
        Ok(self.answer(json(&Service::from(&view))?, from)?)
    }

    pub(super) async fn get_release(self, mut given: Given) -> Result<Answer, Refused> {
        let from = self.goes_on(&mut given)?;
        let release = self.release(given.id("release_id")?).await?;
        Ok(self.shown(release, from)?)
    }

    pub(super) async fn explain(self, mut given: Given) -> Result<Answer, Refused> {
        let view = self.view(given.id("release_id")?).await?;
        let next = next::of_release(&self.catalogue.public_url, &json(&Release::whole(&view))?, None);
        Ok(Answer::of(self.tool, json(&Explanation::from(view))?, 0, next)?)
    }

    pub(super) async fn plan(self, mut given: Given) -> Result<Answer, Refused> {
        let from = self.goes_on(&mut given)?;
        let id = given.id("release_id")?;
        let kind = given.query::<PlanQuery>()?.kind();
        let view = plan::plan(self.app(), self.caller, id, kind).await?;
        Ok(self.answer(json(&Preview::from(view))?, from)?)
    }

    pub(super) async fn plan_object(self, mut given: Given) -> Result<Answer, Refused> {
        let from = self.goes_on(&mut given)?;
        let id = given.id("release_id")?;
        let asked = given.query::<ObjectQuery>()?;
        let view = plan::object(self.app(), self.caller, id, asked.kind(), &asked.key).await?;
        Ok(self.answer(json(&ObjectText::from(view))?, from)?)
    }

    pub(super) async fn manifest(self, mut given: Given) -> Result<Answer, Refused> {
        let from = self.goes_on(&mut given)?;
        let view = manifest::manifest(self.app(), self.caller, given.id("release_id")?).await?;
        Ok(self.answer(json(&ReleaseManifest::from(view))?, from)?)
    }

    pub(super) async fn objects(self, mut given: Given) -> Result<Answer, Refused> {
        let from = self.goes_on(&mut given)?;
        let view = objects::objects(self.app(), self.caller, given.id("release_id")?).await?;
        Ok(self.answer(json(&Objects::from(view))?, from)?)
    }

    pub(super) async fn diagnostics(self, mut given: Given) -> Result<Answer, Refused> {
        let from = self.goes_on(&mut given)?;
        let items = diagnostics::diagnostics(self.app(), self.caller, given.id("release_id")?).await?;
        Ok(self.answer(json(&Diagnostics { items })?, from)?)
    }

    pub(super) async fn approval(self, mut given: Given) -> Result<Answer, Refused> {
        let from = self.goes_on(&mut given)?;
        let detail = approvals::get::get(self.app(), self.caller, given.id("ticket_id")?).await?;
        let ticket = json(&TicketWithPlan::from(detail))?;
        let next = next::of_ticket(&self.catalogue.public_url, &ticket);
        Ok(Answer::of(self.tool, ticket, from, next)?)
    }

    pub(super) async fn render(self, mut given: Given) -> Result<Answer, Refused> {
        let from = self.goes_on(&mut given)?;
        let input = given.body::<Render>()?.input().map_err(Problem::invalid_body)?;
        let view = rendering::render(self.app(), self.caller, input).await?;
        Ok(self.answer(json(&Rendered::from(view))?, from)?)
    }

    fn answer(self, answered: Value, from: usize) -> Result<Answer, Problem> {
        Answer::of(self.tool, answered, from, Vec::new())
    }

    /// The unit that a cursor goes on from.
    fn goes_on(self, given: &mut Given) -> Result<usize, Problem> {
        let limits = Limits {
            limit: 1,
            cursor: given.text("cursor"),
        };
        Ok(cursor::page(self.tool.as_str(), &limits)?.after.unwrap_or(0))
    }
}
