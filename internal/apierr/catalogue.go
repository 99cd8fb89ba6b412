package apierr

import "net/http"

// Kind identifies a row of the catalogue.
type Kind int

// The kinds, in the order in which docs/errors.md lists them.
const (
	ParseFailed Kind = iota
	ValidationFailed
	BadRequest
	Unauthenticated
	InvalidCredentials
	Forbidden
	TooLarge
	TooManyEvents
	KeyInUse
	KeyReused
	RateLimited
	Unavailable
	OutcomeUnknown
	Internal
	NotFound
	MethodNotAllowed
	NotAcceptable
	UnsupportedMedia
	PersistedQueryNotSupported
	kinds
)

// Row describes one kind of error. Clients branch on Code and Class: they are never renamed.
type Row struct {
	// Code is GraphQL's extensions.code.
	Code string
	// Status is the HTTP status.
	Status int
	// RetryAfter is the least number of seconds until a retry can succeed; 0 if waiting does not help.
	RetryAfter int
	// Class and Sentence are the Web API's status.code and status.description. Both are empty in the rows
	// that only GraphQL uses.
	Class, Sentence string
	// GraphQLOnly marks a kind that the Web API never returns.
	GraphQLOnly bool
	// When and Remedy document when the error occurs and what the client does then.
	When, Remedy string
}

var catalogue = [kinds]Row{
	ParseFailed: {
		Code: "GRAPHQL_PARSE_FAILED", Status: http.StatusBadRequest, GraphQLOnly: true,
		When:   "The query text is not GraphQL.",
		Remedy: "Correct the query text at the place that the message names.",
	},
	ValidationFailed: {
		Code: "GRAPHQL_VALIDATION_FAILED", Status: http.StatusBadRequest, GraphQLOnly: true,
		When: "The query selects something that the schema does not have, or a variable or literal " +
			"outside the events has another type, or the query or its response exceeds a limit.",
		Remedy: "Correct the query as the message says.",
	},
	BadRequest: {
		Code: "BAD_REQUEST", Status: http.StatusBadRequest,
		Class: "BadRequestException", Sentence: "The request is not valid.",
		When:   "The request or one of its arguments is not valid.",
		Remedy: "Correct what the message names.",
	},
	Unauthenticated: {
		Code: "UNAUTHENTICATED", Status: http.StatusUnauthorized,
		Class: "InvalidTokenException", Sentence: "The specified token is not valid or has expired.",
		When:   "The request has no token, or its token is not valid or has expired.",
		Remedy: "Log in and send the request again with the new token.",
	},
	InvalidCredentials: {
		Code: "UNAUTHENTICATED", Status: http.StatusUnauthorized,
		Class: "InvalidCredentialsException", Sentence: "The specified user name or password is not valid.",
		When:   "The user name or the password of a login is wrong. Unknown users get the same answer.",
		Remedy: "Log in with the correct user name and password.",
	},
	Forbidden: {
		Code: "FORBIDDEN", Status: http.StatusForbidden,
		Class: "ForbiddenException", Sentence: "The call is not permitted for this user.",
		When: "The whole call is not permitted, for instance from a web page of another site. (An event " +
			"for a unit that the API user may not write for is unprocessed; the call succeeds.)",
		Remedy: "Ask the operator of the server to permit it, a web page with `--cors-origins`.",
	},
	TooLarge: {
		Code: "PAYLOAD_TOO_LARGE", Status: http.StatusRequestEntityTooLarge,
		Class: "PayloadTooLargeException", Sentence: "The body of the request is too large.",
		When:   "The body has more than 8 MiB, before or after decompression.",
		Remedy: "Send fewer events per call.",
	},
	TooManyEvents: {
		Code: "TOO_MANY_EVENTS", Status: http.StatusBadRequest,
		Class: "TooManyEventsException", Sentence: "The call carries too many events.",
		When:   "The request carries more than 1000 events in all its fields together.",
		Remedy: "Send the events in several calls.",
	},
	KeyInUse: {
		Code: "IDEMPOTENCY_KEY_IN_USE", Status: http.StatusConflict, RetryAfter: 1,
		Class:    "IdempotencyKeyInUseException",
		Sentence: "A call with the same idempotency key is still running.",
		When:     "A call with the same idempotency key is still running.",
		Remedy:   "Send the same request again: it gets the answer of that call.",
	},
	KeyReused: {
		Code: "IDEMPOTENCY_KEY_REUSED", Status: http.StatusUnprocessableEntity,
		Class:    "IdempotencyKeyReusedException",
		Sentence: "The idempotency key has been used with other events.",
		When:     "An earlier call used the same idempotency key with other events.",
		Remedy:   "Use a new key for other events.",
	},
	RateLimited: {
		Code: "RATE_LIMITED", Status: http.StatusTooManyRequests, RetryAfter: 1,
		Class: "RateLimitedException", Sentence: "Too many calls, try again later.",
		When: "The API user has sent or read more events than the server's `--rate-limit` allows. Or a " +
			"login was refused without checking the password, because too many logins have failed or are " +
			"waiting.",
		Remedy: "Wait as many seconds as `Retry-After` says, then send the same request again.",
	},
	Unavailable: {
		Code: "UNAVAILABLE", Status: http.StatusServiceUnavailable, RetryAfter: 2,
		Class: "UnavailableException", Sentence: "Nothing has been stored, try again later.",
		When:   "The database does not accept events, or the server is overloaded. Nothing was stored.",
		Remedy: "Send the same request again.",
	},
	OutcomeUnknown: {
		Code: "OUTCOME_UNKNOWN", Status: http.StatusServiceUnavailable, RetryAfter: 2,
		Class:    "OutcomeUnknownException",
		Sentence: "It is not known whether the events were stored, send the same again.",
		When: "The connection to the database broke while the events were being stored, or the stored " +
			"events could not be read for the response.",
		Remedy: "Send the same request again with the same idempotency key or external references: " +
			"nothing is stored twice.",
	},
	Internal: {
		Code: "INTERNAL_SERVER_ERROR", Status: http.StatusInternalServerError,
		Class: "InternalServerErrorException", Sentence: "The server has failed.",
		When:   "The server has failed.",
		Remedy: "Give the request id of the message to the operator, who finds the cause in the log by it.",
	},
	NotFound: {
		Code: "NOT_FOUND", Status: http.StatusNotFound,
		Class: "NotFoundException", Sentence: "There is no such method.",
		When:   "The path does not exist.",
		Remedy: "Correct the path.",
	},
	MethodNotAllowed: {
		Code: "METHOD_NOT_ALLOWED", Status: http.StatusMethodNotAllowed,
		Class: "MethodNotAllowedException", Sentence: "The HTTP method is not the right one.",
		When:   "The path does not accept the HTTP method.",
		Remedy: "Use a method that the header `Allow` names.",
	},
	NotAcceptable: {
		Code: "NOT_ACCEPTABLE", Status: http.StatusNotAcceptable, GraphQLOnly: true,
		When:   "The server can write none of the media types that the header `Accept` names.",
		Remedy: "Accept `application/json` or `application/graphql-response+json`.",
	},
	UnsupportedMedia: {
		Code: "UNSUPPORTED_MEDIA_TYPE", Status: http.StatusUnsupportedMediaType,
		Class: "UnsupportedMediaTypeException", Sentence: "The body is of a kind that is not read.",
		When:   "The server does not read bodies with this `Content-Type` or `Content-Encoding`.",
		Remedy: "Send JSON in UTF-8, uncompressed or compressed with gzip.",
	},
	PersistedQueryNotSupported: {
		Code: "PERSISTED_QUERY_NOT_SUPPORTED", Status: http.StatusBadRequest, GraphQLOnly: true,
		When:   "The request has the hash of a query (`extensions.persistedQuery`) and no query.",
		Remedy: "Send the query text. Apollo Client and urql do so by themselves.",
	},
}

// Row returns the kind's row of the catalogue.
func (k Kind) Row() Row { return catalogue[k] }

// Code returns GraphQL's extensions.code of the kind.
func (k Kind) Code() string { return catalogue[k].Code }

// Status returns the HTTP status of the kind.
func (k Kind) Status() int { return catalogue[k].Status }

// Rows returns the whole catalogue.
func Rows() []Row { return append([]Row(nil), catalogue[:]...) }
