import { useState } from 'react';
import { Search, SquarePen } from 'lucide-react';
import { useTranslation } from '@/i18n';
import { IconButton, PageHeader, TextField, keyOf } from '@/ui';
import { isBlank } from '@/text';
import { NewConversation } from '../group/NewConversation';
import { ConversationList } from './ConversationList';
import styles from './ListPane.module.css';
import { SearchResults } from './SearchResults';

export function ListPane({ selectedId }: { selectedId: string | undefined }) {
  const { t } = useTranslation();
  // Opening a hit ends the search, also on a desktop, where the list stays in view.
  const [search, setSearch] = useState({ text: '', selectedId });
  const text = search.selectedId === selectedId ? search.text : '';
  const setText = (next: string) => setSearch({ text: next, selectedId });
  const [isNew, setNew] = useState(false);
  return (
    <section className={styles.pane} aria-label={t('chat.list')}>
      <PageHeader title={t('chat.title')} actions={<IconButton label={t('chat.new')} icon={<SquarePen />} onPress={() => setNew(true)} />} />
      <div className={styles.search}>
        <TextField
          label={t('chat.search')}
          hideLabel
          type="search"
          placeholder={t('chat.search')}
          prefix={<Search />}
          value={text}
          onChange={setText}
          onKeyDown={(event) => keyOf(event) === 'Escape' && setText('')}
        />
      </div>
      <div className={styles.scroller}>{!isBlank(text) ? <SearchResults text={text} /> : <ConversationList selectedId={selectedId} onNew={() => setNew(true)} />}</div>
      {isNew && <NewConversation onClose={() => setNew(false)} />}
    </section>
  );
}
