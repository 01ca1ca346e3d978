"""What words mean and what is allowed. Standard library and pydantic only; no input or output."""
