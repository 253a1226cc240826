import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { ArrowUp, House, Search } from 'lucide-react';
import { useTranslation } from '@/i18n';
import { ComposePrompt, openCompose } from '@/features/compose';
import { PostList, feedQuery } from '@/features/posts';
import { PersonAvatar, keys, useMe } from '@/entities';
import { paths } from '@/paths';
import { AppLink, Button, Card, EmptyState, LinkButton, PageHeader } from '@/ui';
import styles from './FeedPage.module.css';
import { useNewPosts } from './newPosts';

export function FeedPage() {
  const { t } = useTranslation();
  const me = useMe();
  const client = useQueryClient();
  const query = useInfiniteQuery(feedQuery);
  const news = useNewPosts();

  async function showNews() {
    window.scrollTo({ top: 0 });
    news.clear();
    // From the top again: refetching every loaded page would be slow and move the reader.
    client.setQueryData(keys.feed, (data: typeof query.data) => data && { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) });
    await query.refetch();
  }

  return (
    <>
      <PageHeader
        title={t('nav.home')}
        actions={
          <div className={styles.phoneOnly}>
            <AppLink to={paths.people} className={styles.headLink} aria-label={t('nav.people')}>
              <Search aria-hidden="true" />
            </AppLink>
            <AppLink to={paths.profile(me.handle)} className={styles.headLink} aria-label={t('nav.profile')}>
              <PersonAvatar person={me} size={32} />
            </AppLink>
          </div>
        }
      />
      <div className={styles.column}>
        <ComposePrompt />
        {news.has && (
          <div className={styles.news}>
            <Button onPress={() => void showNews()} className={styles.newsButton ?? ''}>
              <ArrowUp aria-hidden="true" />
              {t('feed.newPosts')}
            </Button>
          </div>
        )}
        <PostList
          query={query}
          end={t('feed.end')}
          empty={
            <Card>
              <EmptyState
                icon={<House />}
                title={t('feed.emptyTitle')}
                text={t('feed.emptyText')}
                action={
                  <div className={styles.firstSteps}>
                    <LinkButton to={paths.channels}>{t('feed.findChannels')}</LinkButton>
                    <LinkButton to={paths.people} variant="outline">
                      {t('feed.findPeople')}
                    </LinkButton>
                    <Button variant="outline" onPress={() => openCompose()}>
                      {t('feed.firstPost')}
                    </Button>
                  </div>
                }
              />
            </Card>
          }
        />
      </div>
    </>
  );
}
