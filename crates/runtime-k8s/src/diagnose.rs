//! Why an object is not healthy: its cause, most specific first.
