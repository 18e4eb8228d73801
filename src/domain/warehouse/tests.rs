//! Tables and properties of the warehouse.
