"""Router replay: the experts that an engine chose, on their way to the learner that routes by them."""
