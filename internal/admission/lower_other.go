//go:build !linux

package admission

// lowerThreadPriority does nothing: only Linux has a priority for each thread.
func lowerThreadPriority() {}
