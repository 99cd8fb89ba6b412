package api

import (
	"context"
	"net/http"

	"customer-events/internal/admission"
	"customer-events/internal/apierr"
)

// MaxBodyBytes is the size limit of a body, before and after decompression.
const MaxBodyBytes = admission.MaxBodyBytes

// ReadBody reads the request's body within the bounds of its admission ticket.
func ReadBody(w http.ResponseWriter, r *http.Request) (string, *apierr.Error) {
	return RequestOf(r.Context()).Admission.ReadBody(w, r)
}

// RunCPUBound runs a function whose input has size bytes. If the input is large, it first waits for a CPU
// slot.
func RunCPUBound(ctx context.Context, size int, run func()) *apierr.Error {
	return RequestOf(ctx).Admission.RunCPUBound(ctx, size, run)
}
