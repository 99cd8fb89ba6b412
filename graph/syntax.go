package graph

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/lexer"
)

// lexerError returns the error of the lexer, if it was the lexer that could not read the query text: the
// parser would say "Unexpected <Invalid>".
func lexerError(query string, parserErr *gqlerror.Error) *gqlerror.Error {
	if !strings.Contains(parserErr.Message, lexer.Invalid.String()) {
		return parserErr
	}
	tokens := lexer.New(&ast.Source{Input: query})
	for range maxTokens + 1 {
		token, err := tokens.ReadToken()
		if err != nil {
			return withWholeCharacter(query, gqlerror.WrapIfUnwrapped(err))
		}
		if token.Kind == lexer.EOF {
			break
		}
	}
	return parserErr
}

const unexpectedCharacter = "Cannot parse the unexpected character"

// withWholeCharacter corrects the lexer's error for an unexpected character: of a character that is not
// ASCII, the lexer quotes the first byte, and it counts the columns before it as bytes. A character that is
// not printable is escaped, so that it cannot change how the message is displayed.
func withWholeCharacter(query string, err *gqlerror.Error) *gqlerror.Error {
	at := firstUnexpected(query)
	if at < 0 || !strings.HasPrefix(err.Message, unexpectedCharacter) {
		return err
	}
	r, _ := utf8.DecodeRuneInString(query[at:])
	return parseError(query, at, unexpectedCharacter+" "+strconv.Quote(string(r))+".")
}

// firstUnexpected returns the index of the first character outside of strings and comments that no token
// has, or -1. Source: section Lexical Tokens of the GraphQL specification.
func firstUnexpected(query string) int {
	for i := 0; i < len(query); {
		switch {
		case query[i] == '#':
			end := strings.IndexAny(query[i:], "\r\n")
			if end < 0 {
				return -1
			}
			i += end
		case strings.HasPrefix(query[i:], `"""`):
			i += blockLength(query[i:])
		case query[i] == '"':
			length, _ := stringLength(query[i:])
			i += max(length, 1)
		case strings.HasPrefix(query[i:], "\ufeff"):
			i += len("\ufeff")
		case isTokenByte(query[i]):
			i++
		default:
			return i
		}
	}
	return -1
}

func isTokenByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' ||
		strings.IndexByte("_ \t\r\n,!$&().:=@[]{|}-", b) >= 0
}

// withoutQuotation returns a sentence of the lexer or the parser without the part of the query text that it
// quotes. It keeps a character that cannot be in a query text outside of strings, such as a typographic
// quotation mark.
func withoutQuotation(message string) string {
	switch {
	case strings.HasPrefix(message, "Cannot "):
		return message
	case strings.HasPrefix(message, "Invalid "):
		if sentence, _, quotes := strings.Cut(message, ": "); quotes {
			return strings.TrimSuffix(sentence, " but got") + "."
		}
	}
	sentence, _, _ := strings.Cut(message, ` "`)
	return sentence
}
