//go:build !linux

package admission

func lower() {}
