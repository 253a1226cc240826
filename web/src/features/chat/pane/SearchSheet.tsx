import { useState } from 'react';
import { Search } from 'lucide-react';
import { useTranslation } from '@/i18n';
import type { Conversation } from '@/api';
import { Sheet, TextField } from '@/ui';
import { SearchResults } from '../list/SearchResults';
import styles from './ConversationPane.module.css';

export function SearchSheet({ conversation, onClose }: { conversation: Conversation; onClose: () => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  return (
    <Sheet isOpen onClose={onClose} title={t('chat.searchHere')}>
      <div className={styles.search}>
        <TextField label={t('chat.searchHere')} hideLabel type="search" placeholder={t('chat.searchHere')} prefix={<Search />} value={text} onChange={setText} autoFocus />
        <div className={styles.hits}>
          <SearchResults text={text} conversation={conversation} onOpen={onClose} />
        </div>
      </div>
    </Sheet>
  );
}
