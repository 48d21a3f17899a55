"""What people write down: YAML read with its line numbers, checked values, and faults said in their words."""
