//go:build !linux

package admission

// lowerThreadPriority does nothing: only on Linux does a thread have a priority of its own.
func lowerThreadPriority() {}
