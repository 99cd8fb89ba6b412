package crmapi

import (
	"errors"

	"customer-events/internal/api"
	"customer-events/internal/auth"
)

// status is how the Web API says why a call was refused: a class name as status.code, and its fixed sentence as
// status.description. What was wrong with this very call is status.message.
type status struct{ name, sentence string }

// statuses are the words for every code that this door may refuse a call with. Callers branch on the names: they stay.
var statuses = map[api.Code]status{
	api.BadRequest:       {"BadRequestException", "The request is not valid."},
	api.Unauthenticated:  {"InvalidTokenException", "The specified token is not valid or has expired."},
	api.Forbidden:        {"ForbiddenException", "The call is not permitted for this user."},
	api.TooLarge:         {"PayloadTooLargeException", "The body of the request is too large."},
	api.TooManyEvents:    {"TooManyEventsException", "The call carries too many events."},
	api.KeyInUse:         {"IdempotencyKeyInUseException", "A call with the same idempotency key is still running."},
	api.KeyReused:        {"IdempotencyKeyReusedException", "The idempotency key has been used with other events."},
	api.RateLimited:      {"RateLimitedException", "Too many calls, try again later."},
	api.Unavailable:      {"UnavailableException", "Nothing has been stored, try again later."},
	api.OutcomeUnknown:   {"OutcomeUnknownException", "It is not known whether the events were stored, send the same again."},
	api.Internal:         {"InternalServerErrorException", "The server has failed."},
	api.NotFound:         {"NotFoundException", "There is no such method."},
	api.MethodNotAllowed: {"MethodNotAllowedException", "The HTTP method is not the right one."},
	api.UnsupportedMedia: {"UnsupportedMediaTypeException", "The body is of a kind that is not read."},
}

// invalidCredentials is the word for a login that failed: no token was sent that could be invalid. Unknown users and wrong passwords are
// told alike.
var invalidCredentials = status{"InvalidCredentialsException", "The specified user name or password is not valid."}

// StatusCode is the class name that an error of a whole call is told by; empty if this door never refuses a call with it.
func StatusCode(err error) string {
	refusal := api.Public(err)
	if refusal == nil {
		return ""
	}
	return statusOf(err, refusal).name
}

func statusOf(err error, refusal *api.Error) status {
	if errors.Is(err, auth.ErrWrongLogin) {
		return invalidCredentials
	}
	return statuses[refusal.Code]
}
