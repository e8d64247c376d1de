//! What is told of a workload's images: names that are none, and those that cannot be had as far as is known.

use super::Planner;
use crate::desired::Identity;
use crate::image::Image;
use crate::object;
use crate::registry::Verdict;
use release_domain::plan::CheckCode;
use serde_json::Value;

impl Planner<'_> {
    pub(super) fn images(&mut self, key: &str, id: &Identity, value: &Value) {
        let Some((at, spec)) = object::pod_spec(value) else {
            return;
        };
        for (place, container) in object::containers(spec) {
            let text = object::text(container, "/image");
            // What is missing altogether the server tells.
            if text.is_empty() {
                continue;
            }
            let place = format!("{at}{place}/image");
            let pointer = format!("/{key}{place}");
            let image = self.shown(text);
            if let Err(why) = Image::parse(text) {
                self.fail(
                    CheckCode::ImageNotFound,
                    &pointer,
                    format!("{image} is no image name: {why}"),
                );
            }
            match self.look.images.get(&(id.clone(), place)) {
                Some(Verdict::Missing) => {
                    let message = format!("{image} is not known to its registry, and no node is seen to have it");
                    self.fail(CheckCode::ImageNotFound, &pointer, message);
                }
                Some(Verdict::Unverified(why)) => {
                    let message = format!("no node is seen to have {image}, and its registry does not tell: {why}");
                    let message = self.shown(&message);
                    self.warn(CheckCode::ImageUnverified, &pointer, message);
                }
                Some(Verdict::Known) | None => {}
            }
        }
    }
}
