"""The ways to run a model, behind one protocol (tools/protocol.py); tools/registry.py names them all."""
