"""What an attacker may send, and how a runner may fail: a file a chapter of docs/security.md."""
