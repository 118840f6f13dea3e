-- Read once, when PostgreSQL's volume is empty.
CREATE DATABASE temporal;
CREATE DATABASE temporal_visibility;
