// Draws the OpenAPI document that this server publishes. No library, nothing from elsewhere, no HTML from text.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function typeOf(schema) {
  if (!schema) return "";
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    return element("a", { href: "#schema-" + name }, name);
  }
  const variants = schema.oneOf || schema.anyOf || schema.allOf;
  if (variants) {
    const span = element("span");
    variants.forEach((variant, i) => span.append(i ? (schema.allOf ? " & " : " | ") : "", typeOf(variant)));
    return span;
  }
  const type = [].concat(schema.type || "any").join(" | ");
  if (schema.items) return element("span", {}, "array of ", typeOf(schema.items));
  if (schema.additionalProperties && typeof schema.additionalProperties === "object") {
    return element("span", {}, "map to ", typeOf(schema.additionalProperties));
  }
  if (schema.properties) return "object";
  return schema.format ? `${type} (${schema.format})` : type;
}

function limits(schema) {
  const said = [];
  if (schema.enum) said.push("one of " + schema.enum.map((word) => JSON.stringify(word)).join(", "));
  for (const key of ["minimum", "maximum", "minLength", "maxLength", "pattern", "default"]) {
    if (schema[key] !== undefined) said.push(`${key} ${JSON.stringify(schema[key])}`);
  }
  return said.join("; ");
}

function row(name, required, schema, description) {
  const about = [description || schema.description, limits(schema)].filter(Boolean).join(" — ");
  return element("tr", {},
    element("td", { class: "name" }, name, required ? "" : element("span", { class: "soft" }, "?")),
    element("td", {}, typeOf(schema)),
    element("td", {}, about));
}

function table(head, rows) {
  if (!rows.length) return null;
  const top = element("tr", {}, ...head.map((text) => element("th", { scope: "col" }, text)));
  return element("table", {}, element("thead", {}, top), element("tbody", {}, ...rows));
}

function contents(content) {
  const span = element("span");
  for (const [media, { schema }] of Object.entries(content || {})) span.append(media + " ", typeOf(schema), " ");
  return span;
}

function operation(method, path, op) {
  const parameters = (op.parameters || []).map((p) => row(`${p.name} (${p.in})`, p.required, p.schema || {}, p.description));
  const answers = Object.entries(op.responses || {}).map(([status, response]) =>
    element("tr", {}, element("td", { class: "name" }, status), element("td", {}, contents(response.content)),
      element("td", {}, response.description || "")));
  return element("section", { id: op.operationId },
    element("h3", {}, element("span", { class: "method" }, method.toUpperCase()), path),
    element("p", {}, [op.summary, op.description].filter(Boolean).join(" ")),
    op.requestBody ? element("p", {}, "Body: ", contents(op.requestBody.content)) : null,
    table(["Parameter", "Type", ""], parameters),
    table(["Status", "Body", ""], answers));
}

function component(name, schema) {
  const parts = [schema].concat(schema.allOf || [], schema.oneOf || []);
  const rows = parts.flatMap((part) => Object.entries(part.properties || {})
    .map(([member, of]) => row(member, (part.required || []).includes(member), of)));
  return element("section", { id: "schema-" + name },
    element("h3", {}, name),
    element("p", {}, schema.description || "", " ", rows.length ? "" : typeOf(schema), " ", limits(schema)),
    table(["Member", "Type", ""], rows));
}

function problems(schema) {
  const words = (schema && schema.enum) || [];
  return element("section", {},
    element("p", {}, "A problem's type names one of these; the status and the title come with it."),
    element("ul", {}, ...words.map((word) => element("li", { id: word }, element("code", {}, word)))));
}

async function draw() {
  const status = document.getElementById("status");
  try {
    const response = await fetch("/api/v1/openapi.json");
    if (!response.ok) throw new Error(`${response.status}`);
    const api = await response.json();
    const main = document.getElementById("reference");
    const index = document.getElementById("index");
    main.replaceChildren(element("h1", {}, `${api.info.title} ${api.info.version}`),
      element("p", {}, api.info.description || ""));
    const byTag = new Map((api.tags || []).map((tag) => [tag.name, []]));
    for (const [path, item] of Object.entries(api.paths)) {
      for (const method of METHODS.filter((m) => item[m])) {
        const tag = (item[method].tags || ["other"])[0];
        if (!byTag.has(tag)) byTag.set(tag, []);
        byTag.get(tag).push([method, path, item[method]]);
      }
    }
    for (const [tag, operations] of byTag) {
      main.append(element("h2", {}, tag));
      index.append(element("li", { class: "tag" }, tag));
      for (const [method, path, op] of operations) {
        main.append(operation(method, path, op));
        index.append(element("li", {}, element("a", { href: "#" + op.operationId },
          `${method.toUpperCase()} ${path.replace("/api/v1", "")}`)));
      }
    }
    main.append(element("h2", {}, "Problem codes"), problems(api.components.schemas.ProblemCode));
    main.append(element("h2", {}, "Schemas"));
    for (const name of Object.keys(api.components.schemas).sort()) {
      main.append(component(name, api.components.schemas[name]));
    }
    if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  } catch (error) {
    status.textContent = `The document could not be read: ${error.message}`;
  }
}

draw();
