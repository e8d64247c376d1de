DROP INDEX executions_ended;
DROP INDEX releases_cell_current;
DROP INDEX releases_cell;
