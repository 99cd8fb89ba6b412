package webapi

import (
	"errors"

	"customer-events/auth"
	"customer-events/door"
)

// class is how the Web API says why a call was refused: a class name as status.code, and its fixed sentence as
// status.description. What was wrong with this very call is status.message.
type class struct{ name, sentence string }

// classes are the words for every code that this door may refuse a call with. Callers branch on the names: they stay.
var classes = map[door.Code]class{
	door.BadRequest:       {"BadRequestException", "The request is not valid."},
	door.Unauthenticated:  {"InvalidTokenException", "The specified token is not valid or has expired."},
	door.Forbidden:        {"ForbiddenException", "The call is not permitted for this user."},
	door.TooLarge:         {"PayloadTooLargeException", "The body of the request is too large."},
	door.TooManyEvents:    {"TooManyEventsException", "The call carries too many events."},
	door.KeyInUse:         {"IdempotencyKeyInUseException", "A call with the same idempotency key is still running."},
	door.KeyReused:        {"IdempotencyKeyReusedException", "The idempotency key has been used with other events."},
	door.RateLimited:      {"RateLimitedException", "Too many calls, try again later."},
	door.Unavailable:      {"UnavailableException", "Nothing has been stored, try again later."},
	door.OutcomeUnknown:   {"OutcomeUnknownException", "It is not known whether the events were stored, send the same again."},
	door.Internal:         {"InternalServerErrorException", "The server has failed."},
	door.NotFound:         {"NotFoundException", "There is no such method."},
	door.MethodNotAllowed: {"MethodNotAllowedException", "The HTTP method is not the right one."},
	door.UnsupportedMedia: {"UnsupportedMediaTypeException", "The body is of a kind that is not read."},
}

// wrongLogin is the word for a login that failed: no token was sent that could be invalid. Unknown users and wrong passwords are
// told alike.
var wrongLogin = class{"InvalidCredentialsException", "The specified user name or password is not valid."}

// Class is the class name that an error of a whole call is told by; empty if this door never refuses a call with it.
func Class(err error) string {
	refusal := door.Known(err)
	if refusal == nil {
		return ""
	}
	return classOf(err, refusal).name
}

func classOf(err error, refusal *door.Refusal) class {
	if errors.Is(err, auth.ErrWrongLogin) {
		return wrongLogin
	}
	return classes[refusal.Code]
}
