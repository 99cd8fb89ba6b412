// What is stored must not contain a secret: no token, password, pass code, authentication code or one-time
// password, wherever the user has typed it.
const secretFields = ['token', 'password', 'passCode', 'authenticationCode', 'oneTimePassword'];

// A string, also one that is still being typed.
const string = String.raw`(?:"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?)`;
const other = String.raw`(?!(?:null|true|false)\b)[^\s,{}[\]"']+`;
// A token is 43 characters of base64url, an API key begins with crm_live_.
const tokenForm = /(?<![\w-])(?:(?=[\w-]*\d)(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{43}|crm_live_\w+)(?![\w-])/g;
const removed = '(removed)';

/**
 * Returns a function that removes the secrets from a tab's query and variables. isPublic tells values that
 * everybody may know, such as the demo's password; issuedTokens has those that the server sent to this page.
 */
export function redactor({ isPublic, issuedTokens }) {
  const clean = (text) => {
    for (const token of issuedTokens) text = text.replaceAll(token, removed);
    return text.replace(/\b(bearer\s+)[\w.~+/=-]{8,}/gi, `$1${removed}`).replace(tokenForm, removed);
  };
  const unlessPublic = (whole, before, value) =>
    isPublic(value.replaceAll('"', '')) ? whole : `${before}""`;

  return ({ query, variables, ...tab }) => {
    const names = [...secretFields, ...secretVariables(query ?? '')].join('|');
    const member = new RegExp(String.raw`("(?:${names})"\s*:\s*)(${string}|${other})`, 'gi');
    const argument = new RegExp(
      String.raw`(\b(?:${names})\s*:\s*)("""[\s\S]*?(?:"""|$)|${string}|\d+)`,
      'gi',
    );
    const defaultValue = new RegExp(String.raw`(\$(?:${names})\b\s*:[^=,$)]*=\s*)(${string}|\d+)`, 'gi');
    return {
      ...tab,
      query: query && clean(query.replace(defaultValue, unlessPublic).replace(argument, unlessPublic)),
      variables: variables && clean(variables.replace(member, unlessPublic)),
      headers: null,
      response: null,
    };
  };
}

/** The names of the variables that a query uses as secrets: p in `password: $p`. */
function secretVariables(query) {
  const use = new RegExp(String.raw`\b(?:${secretFields.join('|')})\s*:\s*\$(\w+)`, 'gi');
  return [...query.matchAll(use)].map((match) => match[1]);
}
