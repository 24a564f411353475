"""caravan: a state's protocol for people in transit, its shelters and food, and one map each agency sees its share of."""
