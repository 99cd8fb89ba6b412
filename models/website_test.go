package models_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"customer-events/models"
)

// websites are valid. The first is the CRM's own example.
var websites = []string{
	"www.crm.com",
	"crm.com",
	"WWW.CRM.COM",
	"www.crm.com.",
	"www.crm.com/",
	"www.crm.com/a/b.html",
	"www.crm.com?x=1",
	"www.crm.com#top",
	"www.crm.com:8080",
	"www.crm.com:8080/page?x=1",
	"www.crm.com:65535",
	"www.crm.com:", // an empty port
	"www.crm.com:/x",
	"http://www.crm.com:",
	"http://www.crm.com:/",
	"https://www.crm.com:?x=1",
	"http://[::1]:/",
	"localhost:/",
	"webshop:8080",
	"WebShop:8080/",
	"web-shop_2:80/page?x=1#top",
	"webshop:8080?x=1",
	"webshop:8080#top",
	"redis:6379",
	"git:3000",
	"http://webshop",
	"https://webshop:8080/x",
	"https://shop.example.com/100%-cotton", // browsers keep a % that is no escape
	"shop.example.com/100%",
	"https://shop.example.com/%",
	"https://shop.example.com/%zz?a=%&b=%z#%",
	"http://www.crm.com/%zz",
	"https://shop.example.com/?q=100%",
	"https://shop.example.com/#100%",
	"https://shop.example.com/a|b[c]{d}^`'\"<>",
	"https://shop.example.com/?a=b\\c", // browsers keep a backslash behind the path
	"https://shop.example.com/#a\\b",
	"https://shop.example.com/?q=a|b&r[]=1",
	"https://shop.example.com/#/route?x=1#y",
	"https://shop.example.com/#:~:text=x",
	"https://fa.example.com/می\u200cخواهم", // joiners are part of words and of emoji
	"https://shop.example.com/👩\u200d👧?q=क्\u200dष#می\u200cخواهم",
	"نامه\u200cای.example",
	"https://क्\u200dष.example/",
	"shop.example.com/\u200c\u200d",
	"https://user:secret@shop.example.com/",
	"https://a%40b@shop.example.com/",
	"localhost",
	"localhost:3000",
	"LOCALHOST:3000/x",
	"intranet",
	"intranet/page",
	"a_b.example",
	"127.0.0.1",
	"127.0.0.1:80",
	"[::1]",
	"[::1]:8080/x",
	"http://www.crm.com",
	"https://www.crm.com",
	"HTTP://www.crm.com",
	"HttpS://WWW.CRM.COM/a",
	"http://intranet:8080",
	"http://[2001:db8::1]:443/a",
	"https://www.crm.com/a%20b?c=%F0%9F%98%80#d",
	"https://www.crm.com/ä/😀?ö=ü",
	"müller.example",
	"例え.テスト",
	"xn--mller-kva.example/x",
	"www.crm.com/javascript:alert(1)",
	"www.crm.com/?next=data:text/html,x",
	"https://www.crm.com/a:b@c",
	"https://www.crm.com/#javascript:x",
}

// dangers are values that a browser, a terminal or a log would act upon, and values that only look like a
// website.
var dangers = []string{
	"javascript:alert(1)",
	"A.:000001",
	"JavaScript:alert(1)",
	"JAVASCRIPT:alert(1)",
	"javascript:",
	"javascript://www.crm.com/%0aalert(1)",
	"javascript:1//",
	"javascript:1",
	"javascript:80/alert",
	"javascript:8080",
	" javascript:alert(1)",
	"\tjavascript:alert(1)",
	"\njavascript:alert(1)",
	"\x00javascript:alert(1)",
	"\x01javascript:alert(1)",
	"java\nscript:alert(1)",
	"java\tscript:alert(1)",
	"java\rscript:alert(1)",
	"java\x00script:alert(1)",
	"javascript\t:alert(1)",
	"javascript :alert(1)",
	"javascript\n:1",
	"javascript&colon;alert(1)",
	"javascript&#58;alert(1)",
	"javascript%3Aalert(1)",
	"java%0ascript:alert(1)",
	"javascript：alert(1)",
	"ｊａｖａｓｃｒｉｐｔ:alert(1)",
	"\u200bjavascript:alert(1)",
	"java\u00adscript:alert(1)",
	"\ufeffjavascript:alert(1)",
	"\u202ejavascript:alert(1)",
	"\u00a0javascript:alert(1)",
	"javascript:www.crm.com",
	"javascript:alert(document.domain)",
	"javascript:alert`1`",
	"view-source:javascript:alert(1)",
	"feed:javascript:alert(1)",
	"jar:javascript:alert(1)!/x",
	"data:text/html,<script>alert(1)</script>",
	"data:text/html;base64,PHNjcmlwdD4=",
	"DATA:,x",
	"data:,x",
	"d\nata:,x",
	"data:1",
	"vbscript:msgbox(1)",
	"VBScript:msgbox",
	"vb\tscript:x",
	"vbscript:1",
	"livescript:x",
	"mocha:x",
	"file:///etc/passwd",
	"file:c:/x",
	"FILE://server/share",
	"ftp://www.crm.com",
	"gopher://www.crm.com",
	"ws://www.crm.com",
	"wss://www.crm.com",
	"blob:https://www.crm.com/x",
	"filesystem:http://www.crm.com/x",
	"about:blank",
	"chrome://settings",
	"ms-settings:x",
	"intent://x#Intent;end",
	"tel:112",
	"sms:1",
	"mailto:a@crm.com",
	"urn:isbn:1",
	"cid:1",
	"mid:1",
	"steam://run/1",
	"ldap://x",
	"dict://x",
	"jar:http://x!/",
	"git+ssh://x",
	"http:alert(1)",
	"http:www.crm.com",
	"http:/www.crm.com",
	"https:www.crm.com",
	"http:///www.crm.com",
	"http://",
	"https://",
	"http://?x",
	"http://#x",
	"http:\\\\www.crm.com",
	"http://www.crm.com\\@evil.com",
	"www.crm.com/..\\..\\x",
	"www.crm.com/a b",
	"www.crm.com/\u00a0",
	"www.crm.com/\u3000x",
	"http://www.crm.com/a\\b",
	"\\\\server\\share",
	"//www.crm.com",
	"///www.crm.com",
	"/etc/passwd",
	"?x=1",
	"#x",
	".",
	"..",
	"../x",
	".crm.com",
	"www..crm.com",
	"-x.crm.com",
	"http://.crm.com",
	"http://-x.com",
	"www.crm.com\n",
	"www.crm.com\r\nSet-Cookie: x",
	"www crm com",
	"www.crm.com x",
	"www.crm.com\u2028x",
	"www.crm.com/\x1b[31m",
	"www.crm.com/\u202e",
	"www.crm.com/\u0085",
	"www.crm.com/\x7f",
	"www.crm.com/\xff",
	"www.crm.com/\ufffd",
	"www.crm.com:0",
	"www.crm.com:65536",
	"www.crm.com:port",
	"webshop:",
	"webshop:/",
	"webshop:/8080",
	"webshop:8080x",
	"webshop:8080:1",
	"webshop:80800",
	"webshop: 8080",
	"webshöp:8080",
	"java\u200dscript:8080",
	"java\u200cscript:8080",
	"jаvascript:8080", // the second letter is Cyrillic
	"JAVASCRIPT:80#x",
	"javascript:80?x",
	"TEL:112",
	"mailto:80",
	"ftp:21",
	"ws:80",
	"sip:5060",
	"view-source:80",
	"blob:80",
	"about:1",
	"ms-word:1",
	"vnd.youtube:12345",
	"http:8080",
	"http::",
	"http://:80",
	"http://[::1]80",
	"http://[::1%25eth0]/",
	"http://[1.2.3.4]/",
	"http://www.crm.com\\x?y",
	"http://a@b@www.crm.com",
	"http://a b@www.crm.com",
	"http://\u200dcrm.com",
	"http://crm\u200d.com",
	"http://crm.com\u200c",
	"http://crm-\u200dx.com",
	"http://cr\u200d\u200dm.com",
	"\u200djavascript:alert(1)",
	"java\u200dscript:alert(1)",
	"www.crm.com/\u200b",
	"www.crm.com/\u2060",
	"www.crm.com:-1",
	"www.crm.com:+1",
	"http://www.crm.com:99999",
	"http://www.crm.com:x",
	"user@www.crm.com",
	"www.crm.com@evil.com",
	"a:b@www.crm.com",
	"[::1",
	"::1",
	"[javascript:1]",
	"[javascript:alert(1)]",
	"[]",
	"[]:80",
	"http://[x]/",
	"<script>",
	"\"onload=x",
	"www.crm.com<script>",
	"a'b.com",
	"a(b).com",
	"a,b.com",
	"%77ww.crm.com%2f",
	"http://www.crm.com%/",
	"http://www.crm%2ecom/",
	"http://%E2%80%AEmoc.mrc.www",
	"http://a%20b.com",
	"",
	" ",
	"\t",
	"😀",
	"www.😀.com",
	"http://" + strings.Repeat("a", 254),
	strings.Repeat("a.", 127) + "com",
}

func TestCheckWebsite_Accepts(t *testing.T) {
	t.Parallel()
	for _, text := range websites {
		if err := models.CheckWebsite(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestCheckWebsite_Rejects(t *testing.T) {
	t.Parallel()
	for _, text := range dangers {
		if models.CheckWebsite(text) == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

var (
	scheme    = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*):`)
	withPort  = regexp.MustCompile(`(?i)^(localhost|[a-z0-9.-]*\.[a-z0-9.-]*):[0-9]{0,5}([/?#].*)?$`)
	shortName = regexp.MustCompile(`(?i)^[a-z0-9-]+:[0-9]{1,5}([/?#].*)?$`)
	harmful   = regexp.MustCompile(`(?i)^(javascript|vbscript|livescript|mocha|data|file|blob|tel|sms|ms-.*):`)
)

// FuzzCheckWebsite parses accepted values as a browser does. A value has no scheme, or http or https;
// otherwise the part that looks like a scheme is a host, and a port follows.
func FuzzCheckWebsite(f *testing.F) {
	for _, seed := range append(websites, dangers...) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if models.CheckWebsite(text) != nil {
			return
		}
		if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool {
			isJoiner := r == '\u200c' || r == '\u200d'
			return unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) && !isJoiner
		}) {
			t.Errorf("%q: characters that are not visible", text)
		}
		if path, _, _ := strings.Cut(strings.ReplaceAll(text, "?", "#"), "#"); strings.Contains(path, "\\") {
			t.Errorf("%q: a backslash before the query", text)
		}
		if found := scheme.FindStringSubmatch(text); found != nil {
			switch strings.ToLower(found[1]) {
			case "http", "https":
				if !strings.HasPrefix(text[len(found[0]):], "//") {
					t.Errorf("%q: no host behind the scheme", text)
				}
			default:
				if harmful.MatchString(text) || !withPort.MatchString(text) && !shortName.MatchString(text) {
					t.Errorf("%q: scheme %s", text, found[1])
				}
			}
		}
		if strings.HasPrefix(text, "/") || strings.HasPrefix(text, "?") || strings.HasPrefix(text, "#") ||
			text == "" {
			t.Errorf("%q: no host", text)
		}
	})
}
