DROP TABLE timeline;
DROP FUNCTION timeline_notify;
DROP FUNCTION timeline_is_dense;
DROP FUNCTION timeline_is_append_only;
