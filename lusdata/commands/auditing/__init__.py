"""What ``lusdata audit`` prints (`page`) and draws (`pictures`)."""
