// Package auth knows who is asking: logins, and the tokens they give. It speaks no protocol and keeps nothing itself.
package auth
