"""From whatever a model wrote to a plan that can run, or the exact reason why not."""
