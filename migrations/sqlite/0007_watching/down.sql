DROP TABLE observations;
DROP TABLE watches;
