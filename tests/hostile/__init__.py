"""What an attacker may send, and how a runner may fail: a file a section of docs/security.md."""
