-- What the overview asks: the cells of services × environments, and how executions ended day by day.
CREATE INDEX releases_cell ON releases (service_id, environment_id, id);
CREATE INDEX releases_cell_current ON releases (service_id, environment_id) WHERE is_current;
CREATE INDEX executions_ended ON executions (ended_at, kind, outcome, release_id) WHERE ended_at IS NOT NULL;
