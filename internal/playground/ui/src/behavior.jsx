// What the page changes in GraphiQL's behavior. The components show nothing.
import { pick, useGraphiQL, useGraphiQLActions, useMonaco } from '@graphiql/react';
import { useEffect } from 'react';
import { strictSchema } from './variables.js';

/** Follows the system's change between light and dark, unless the user has chosen one in the settings. */
export function FollowSystemTheme() {
  const theme = useGraphiQL((state) => state.theme);
  const { setTheme } = useGraphiQLActions();
  useEffect(() => {
    if (theme) return;
    const dark = window.matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setTheme(null); // GraphiQL then gives its editors the system's theme
    dark.addEventListener('change', follow);
    return () => dark.removeEventListener('change', follow);
  }, [theme, setTheme]);
}

/** Marks in the variables whatever the schema does not permit. */
export function MarkVariables() {
  const monaco = useMonaco((state) => state.monaco);
  const schema = useGraphiQL((state) => state.schema);
  useEffect(() => {
    if (!monaco || !schema) return;
    const { jsonDefaults } = monaco.languages.json;
    const original = jsonDefaults.setDiagnosticsOptions;
    const strict = (options) =>
      original.call(jsonDefaults, {
        ...options,
        schemas: options.schemas?.map((entry) => ({ ...entry, schema: strictSchema(entry.schema, schema) })),
      });
    jsonDefaults.setDiagnosticsOptions = strict; // monaco-graphql calls it whenever the query changes
    strict(jsonDefaults.diagnosticsOptions);
    return () => void (jsonDefaults.setDiagnosticsOptions = original);
  }, [monaco, schema]);
}

/** Wraps long lines in the editors, so that nothing is hidden beside them. */
export function WrapLines() {
  const editors = useGraphiQL(pick('queryEditor', 'variableEditor', 'headerEditor'));
  useEffect(() => {
    for (const editor of Object.values(editors)) editor?.updateOptions({ wordWrap: 'on' });
  }, [editors]);
}

/** Scrolls the list of tabs to the open one, which a narrow screen may hide. */
export function ShowOpenTab() {
  const index = useGraphiQL((state) => state.activeTabIndex);
  useEffect(() => {
    document
      .getElementById(`graphiql-session-tab-${index}`)
      ?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [index]);
}

/** Stores what was typed just before a reload: GraphiQL waits up to a second before it stores. */
export function StoreOnLeave() {
  const { storage, tabs, activeTabIndex, queryEditor, variableEditor } = useGraphiQL(
    pick('storage', 'tabs', 'activeTabIndex', 'queryEditor', 'variableEditor'),
  );
  useEffect(() => {
    const store = () => {
      const typed = { query: queryEditor?.getValue() ?? null, variables: variableEditor?.getValue() ?? null };
      const current = tabs.map((tab, i) => (i === activeTabIndex ? { ...tab, ...typed } : tab));
      storage.set('tabState', JSON.stringify({ activeTabIndex, tabs: current }));
    };
    window.addEventListener('pagehide', store);
    return () => window.removeEventListener('pagehide', store);
  });
}
