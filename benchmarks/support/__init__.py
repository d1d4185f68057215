"""What benchmarks and tests run against: models and servers that keep time. No part of the installed package."""
