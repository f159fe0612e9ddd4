"""What a step does to the weights: Muon, how it shares matrices among ranks, and the learning rate of a step."""
