//! The form each typed place of a document takes, and how a value gets it.

use crate::loader::interpolate;
use crate::loader::path::Path;
use crate::loader::session::Session;
use crate::loader::shellwords;
use crate::loader::tree::{Entry, Mapping, Node, Value, put};
use crate::model::{ByteSize, Duration};
use manifest_yaml::Place;
use release_domain::manifest::ProblemCode;

#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    Text,
    Whole,
    Fraction,
    Boolean,
    Duration,
    Bytes,
    /// Octal text or a number.
    Mode,
    /// A number or `all`.
    Count,
    Command,
    Test,
    /// A text is a list of one; items are printed.
    List,
    /// `NAME=value` or a mapping; a name alone has no value.
    Variables,
    /// As `Variables`; a name alone has the empty value.
    Labels,
    Hosts,
    /// Keys of `blkio_config`, which Compose's JSON spells with a capital.
    Device,
}

pub(super) const FORMS: &[(&str, Form)] = &[
    ("services.*.annotations", Form::Labels),
    ("services.*.attach", Form::Boolean),
    ("services.*.init", Form::Boolean),
    ("services.*.oom_kill_disable", Form::Boolean),
    ("services.*.privileged", Form::Boolean),
    ("services.*.read_only", Form::Boolean),
    ("services.*.stdin_open", Form::Boolean),
    ("services.*.tty", Form::Boolean),
    ("services.*.per_replica", Form::Boolean),
    ("services.*.blkio_config.weight", Form::Whole),
    ("services.*.blkio_config.*.*", Form::Device),
    ("services.*.cpu_count", Form::Whole),
    ("services.*.cpu_percent", Form::Fraction),
    ("services.*.cpu_period", Form::Whole),
    ("services.*.cpu_quota", Form::Whole),
    ("services.*.cpu_rt_period", Form::Whole),
    ("services.*.cpu_rt_runtime", Form::Whole),
    ("services.*.cpu_shares", Form::Whole),
    ("services.*.cpus", Form::Fraction),
    ("services.*.command", Form::Command),
    ("services.*.entrypoint", Form::Command),
    ("services.*.configs.*.mode", Form::Mode),
    ("services.*.secrets.*.mode", Form::Mode),
    ("services.*.depends_on.*.required", Form::Boolean),
    ("services.*.depends_on.*.restart", Form::Boolean),
    ("services.*.deploy.replicas", Form::Whole),
    ("services.*.deploy.labels", Form::Labels),
    ("services.*.deploy.update_config.parallelism", Form::Whole),
    ("services.*.deploy.update_config.delay", Form::Duration),
    ("services.*.deploy.update_config.monitor", Form::Duration),
    ("services.*.deploy.update_config.max_failure_ratio", Form::Fraction),
    ("services.*.deploy.rollback_config.parallelism", Form::Whole),
    ("services.*.deploy.rollback_config.delay", Form::Duration),
    ("services.*.deploy.rollback_config.monitor", Form::Duration),
    ("services.*.deploy.rollback_config.max_failure_ratio", Form::Fraction),
    ("services.*.deploy.resources.*.cpus", Form::Fraction),
    ("services.*.deploy.resources.*.memory", Form::Bytes),
    ("services.*.deploy.resources.*.pids", Form::Whole),
    ("services.*.deploy.resources.*.devices.*.count", Form::Count),
    ("services.*.deploy.resources.*.devices.*.options", Form::Labels),
    (
        "services.*.deploy.resources.*.generic_resources.*.discrete_resource_spec.value",
        Form::Whole,
    ),
    ("services.*.deploy.restart_policy.delay", Form::Duration),
    ("services.*.deploy.restart_policy.window", Form::Duration),
    ("services.*.deploy.restart_policy.max_attempts", Form::Whole),
    ("services.*.deploy.placement.max_replicas_per_node", Form::Whole),
    ("services.*.dns", Form::List),
    ("services.*.dns_search", Form::List),
    ("services.*.env_file.*.required", Form::Boolean),
    ("services.*.environment", Form::Variables),
    ("services.*.expose", Form::List),
    ("services.*.extra_hosts", Form::Hosts),
    ("services.*.gpus.*.count", Form::Count),
    ("services.*.gpus.*.options", Form::Labels),
    ("services.*.group_add", Form::List),
    ("services.*.healthcheck.disable", Form::Boolean),
    ("services.*.healthcheck.interval", Form::Duration),
    ("services.*.healthcheck.retries", Form::Whole),
    ("services.*.healthcheck.start_interval", Form::Duration),
    ("services.*.healthcheck.start_period", Form::Duration),
    ("services.*.healthcheck.test", Form::Test),
    ("services.*.healthcheck.timeout", Form::Duration),
    ("services.*.labels", Form::Labels),
    ("services.*.logging.options", Form::Labels),
    ("services.*.mem_limit", Form::Bytes),
    ("services.*.mem_reservation", Form::Bytes),
    ("services.*.mem_swappiness", Form::Bytes),
    ("services.*.memswap_limit", Form::Bytes),
    ("services.*.networks.*.driver_opts", Form::Labels),
    ("services.*.networks.*.gw_priority", Form::Whole),
    ("services.*.networks.*.priority", Form::Whole),
    ("services.*.oom_score_adj", Form::Whole),
    ("services.*.pids_limit", Form::Whole),
    ("services.*.ports.*.published", Form::Text),
    ("services.*.ports.*.target", Form::Whole),
    ("services.*.post_start.*.command", Form::Command),
    ("services.*.post_start.*.environment", Form::Variables),
    ("services.*.post_start.*.privileged", Form::Boolean),
    ("services.*.pre_stop.*.command", Form::Command),
    ("services.*.pre_stop.*.environment", Form::Variables),
    ("services.*.pre_stop.*.privileged", Form::Boolean),
    ("services.*.scale", Form::Whole),
    ("services.*.shm_size", Form::Bytes),
    ("services.*.stop_grace_period", Form::Duration),
    ("services.*.storage_opt", Form::Labels),
    ("services.*.sysctls", Form::Labels),
    ("services.*.tmpfs", Form::List),
    ("services.*.ulimits.*", Form::Whole),
    ("services.*.ulimits.*.hard", Form::Whole),
    ("services.*.ulimits.*.soft", Form::Whole),
    ("services.*.volumes.*.bind.create_host_path", Form::Boolean),
    ("services.*.volumes.*.read_only", Form::Boolean),
    ("services.*.volumes.*.tmpfs.mode", Form::Whole),
    ("services.*.volumes.*.tmpfs.size", Form::Bytes),
    ("services.*.volumes.*.volume.labels", Form::Labels),
    ("services.*.volumes.*.volume.nocopy", Form::Boolean),
    ("networks.*.attachable", Form::Boolean),
    ("networks.*.driver_opts", Form::Labels),
    ("networks.*.enable_ipv4", Form::Boolean),
    ("networks.*.enable_ipv6", Form::Boolean),
    ("networks.*.external", Form::Boolean),
    ("networks.*.internal", Form::Boolean),
    ("networks.*.ipam.config.*.aux_addresses", Form::Labels),
    ("networks.*.ipam.options", Form::Labels),
    ("networks.*.labels", Form::Labels),
    ("volumes.*.driver_opts", Form::Labels),
    ("volumes.*.external", Form::Boolean),
    ("volumes.*.labels", Form::Labels),
    ("secrets.*.driver_opts", Form::Labels),
    ("secrets.*.external", Form::Boolean),
    ("secrets.*.labels", Form::Labels),
    ("configs.*.driver_opts", Form::Labels),
    ("configs.*.external", Form::Boolean),
    ("configs.*.labels", Form::Labels),
];

impl Form {
    /// # Errors
    /// Why the value cannot have this form.
    pub fn take(self, node: Node, path: &Path, session: &mut Session<'_>) -> Result<Node, String> {
        let place = node.place;
        let unexpected = |node: &Node| format!("{} is not expected here", node.kind());
        let printed = |node: &Node| node.printed().ok_or_else(|| unexpected(node));
        let value = match self {
            Self::Text => Value::Text(printed(&node)?),
            Self::Whole => Value::Int(whole(&node)?),
            Self::Fraction => match &node.value {
                Value::Int(_) | Value::Float(_) => node.value,
                _ => printed(&node)?
                    .parse()
                    .map(Value::Float)
                    .map_err(|_| "this is not a number".to_owned())?,
            },
            Self::Boolean => match &node.value {
                Value::Bool(_) => node.value,
                Value::Text(text) => interpolate::boolean(text)
                    .map(Value::Bool)
                    .ok_or_else(|| format!("`{text}` is neither `true` nor `false`"))?,
                _ => return Err(unexpected(&node)),
            },
            Self::Duration => Value::Text(Duration::parse(&printed(&node)?)?.to_string()),
            Self::Bytes => match &node.value {
                // Compose takes such a number for no limit at all.
                Value::Float(_) => return Err("write a size as a whole number or with a unit, `512m`".into()),
                _ => Value::Text(ByteSize::parse(&printed(&node)?)?.to_string()),
            },
            Self::Mode => Value::Text(match &node.value {
                Value::Text(text) => text.clone(),
                _ => format!("{:o}", whole(&node)?),
            }),
            Self::Count => match node.as_text() {
                Some(text) if text.eq_ignore_ascii_case("all") => Value::Int(-1),
                _ => Value::Int(whole(&node)?),
            },
            Self::Command => match &node.value {
                Value::Text(text) => {
                    let command = shellwords::split(text)?;
                    if !command.dropped.is_empty() {
                        let message = format!(
                            "{path}: no shell runs, so Compose drops `{}`; write a list or `sh -c '…'`",
                            command.dropped
                        );
                        session.warn(place, path, ProblemCode::InvalidValue, message);
                    }
                    texts(command.words, place)
                }
                _ => list(&node)?,
            },
            Self::Test => match &node.value {
                Value::Text(text) => texts(vec!["CMD-SHELL".into(), text.clone()], place),
                _ => list(&node)?,
            },
            Self::List => match &node.value {
                Value::Text(text) => texts(vec![text.clone()], place),
                _ => list(&node)?,
            },
            Self::Variables => Value::Map(variables(node, &Value::Null)?),
            Self::Labels => Value::Map(variables(node, &Value::Text(String::new()))?),
            Self::Hosts => hosts(&node)?,
            Self::Device => return device(node),
        };
        Ok(Node::new(value, place))
    }
}

fn whole(node: &Node) -> Result<i128, String> {
    match &node.value {
        Value::Int(value) => Ok(*value),
        Value::Float(value) if value.fract() == 0.0 && value.abs() < 1e18 => Ok(*value as i128),
        Value::Text(text) => text
            .parse::<i64>()
            .map(i128::from)
            .map_err(|_| format!("`{text}` is not a whole number")),
        _ => Err(format!(
            "{} is not a whole number",
            node.printed().unwrap_or_else(|| node.kind().into())
        )),
    }
}

fn texts(words: Vec<String>, place: Place) -> Value {
    Value::List(words.into_iter().map(|word| Node::text(word, place)).collect())
}

fn list(node: &Node) -> Result<Value, String> {
    let items = node.as_list().ok_or_else(|| format!("{} is not a list", node.kind()))?;
    let texts = items.iter().map(|item| {
        let text = item.printed().ok_or_else(|| format!("{} is not a text", item.kind()))?;
        Ok(Node::text(text, item.place))
    });
    texts.collect::<Result<_, String>>().map(Value::List)
}

/// A mapping or a list of `name=value` as a mapping of texts; `bare` is the value of a name alone.
fn variables(node: Node, bare: &Value) -> Result<Mapping, String> {
    let mut mapping = Mapping::new();
    match node.value {
        Value::Map(given) => {
            for (name, Entry { key, node }) in given {
                let value = match &node.value {
                    Value::Null => bare.clone(),
                    _ => Value::Text(
                        node.printed()
                            .ok_or_else(|| format!("`{name}` is {}, not a text", node.kind()))?,
                    ),
                };
                let node = Node::new(value, node.place);
                mapping.insert(name, Entry { key, node });
            }
        }
        Value::List(items) => {
            for item in items {
                let text = item.printed().ok_or_else(|| format!("{} is not a text", item.kind()))?;
                let (name, value) = match text.split_once('=') {
                    Some((name, value)) => (name, Value::Text(value.to_owned())),
                    None => (text.as_str(), bare.clone()),
                };
                if matches!(bare, Value::Null) && name.ends_with(char::is_whitespace) {
                    return Err(format!("the name `{name}` ends with a space"));
                }
                put(&mut mapping, name, value, item.place);
            }
        }
        value => {
            return Err(format!(
                "{} is neither a mapping nor a list",
                Node::new(value, node.place).kind()
            ));
        }
    }
    Ok(mapping)
}

/// `extra_hosts` as the sorted list of `host=address` the model reads.
fn hosts(node: &Node) -> Result<Value, String> {
    let mut entries: Vec<(String, String)> = Vec::new();
    match &node.value {
        Value::Map(mapping) => {
            for (host, entry) in mapping {
                match &entry.node.value {
                    Value::Null => entries.push((host.clone(), String::new())),
                    Value::List(addresses) => {
                        entries.extend(addresses.iter().filter_map(|a| Some((host.clone(), a.printed()?))));
                    }
                    Value::Text(address) => entries.push((host.clone(), address.clone())),
                    _ => return Err(format!("the address of `{host}` is {}", entry.node.kind())),
                }
            }
        }
        Value::List(items) => {
            for item in items {
                let text = item.printed().unwrap_or_default();
                let (host, addresses) = text
                    .split_once('=')
                    .or_else(|| text.split_once(':'))
                    .ok_or_else(|| format!("`{text}` has no address"))?;
                entries.extend(addresses.split(',').map(|a| (host.to_owned(), a.to_owned())));
            }
        }
        _ => return Err(format!("{} is neither a mapping nor a list", node.kind())),
    }
    let mut list = Vec::new();
    for (host, address) in entries {
        if host.is_empty() || host.contains([':', '=']) {
            return Err(format!("`{host}` is not a host name"));
        }
        let bare = address
            .strip_prefix('[')
            .and_then(|inner| inner.strip_suffix(']'))
            .filter(|inner| !inner.is_empty())
            .unwrap_or(&address);
        list.push(format!("{host}={bare}"));
    }
    Ok(texts(list, node.place))
}

fn device(node: Node) -> Result<Node, String> {
    let place = node.place;
    let path = node.get("path").and_then(Node::printed).unwrap_or_default();
    let mut mapping = Mapping::new();
    put(&mut mapping, "Path", Value::Text(path), place);
    if let Some(weight) = node.get("weight") {
        put(&mut mapping, "Weight", Value::Int(whole(weight)?), place);
    }
    if let Some(rate) = node.get("rate") {
        let rate = ByteSize::parse(&rate.printed().unwrap_or_default())?;
        put(&mut mapping, "Rate", Value::Text(rate.to_string()), place);
    }
    Ok(Node::map(mapping, place))
}
