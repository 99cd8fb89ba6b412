const prefix = 'graphiql:';
const tabsKey = `${prefix}tabState`;
const keptKeys = new Set(
  ['tabState', 'theme', 'visiblePlugin', 'docExplorerFlex', 'editorFlex', 'secondaryEditorFlex'].map(
    (k) => prefix + k,
  ),
);

/**
 * The storage of GraphiQL. Tabs without their secrets, sizes and theme outlive a reload of this browser tab.
 * Everything else is in memory only, above all the history and the header editor.
 */
export function tabStorage(examples, nameTabs, redact) {
  const items = new Map();
  const cleaned = (text) => {
    const state = JSON.parse(text);
    nameTabs(state);
    return JSON.stringify({ activeTabIndex: state.activeTabIndex, tabs: state.tabs.map(redact) });
  };

  for (const key of keptKeys) {
    const value = kept('getItem', key);
    if (value) items.set(key, value);
  }
  const state = validState(items.get(tabsKey)) ?? examples;
  const active = state.tabs[state.activeTabIndex];
  items.set(tabsKey, JSON.stringify(state));
  items.set(`${prefix}query`, active.query); // what GraphiQL shows in its editors first
  items.set(`${prefix}variables`, active.variables);

  return {
    getItem: (key) => items.get(key) ?? null,
    setItem(key, value) {
      items.set(key, value);
      if (keptKeys.has(key)) kept('setItem', key, key === tabsKey ? cleaned(value) : value);
    },
    removeItem(key) {
      items.delete(key);
      kept('removeItem', key);
    },
    clear() {
      items.clear();
      kept('clear');
    },
    get length() {
      return items.size;
    },
  };
}

/** Calls sessionStorage. A browser that forbids it, or has no space left, keeps nothing over a reload. */
function kept(method, ...args) {
  try {
    return sessionStorage[method](...args);
  } catch {
    return null;
  }
}

function validState(text) {
  try {
    const state = JSON.parse(text);
    return typeof state.tabs[state.activeTabIndex].id === 'string' ? state : null;
  } catch {
    return null;
  }
}
