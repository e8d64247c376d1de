-- Indexes alone: there is no row to leave behind.
SELECT 1;
