//go:build !linux

package heavy

func lower() {}
