//go:build !linux

package main

import "context"

func mount(string, int64) error { return errCannotMount }

func unmount(string) error { return nil }

func fillDisk(context.Context, *deployment) error { return errCannotMount }
