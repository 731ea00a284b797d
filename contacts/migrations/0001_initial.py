import contacts.fields
import django.db.models.deletion
import project.models
import project.secrets
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Party',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=project.models.new_public_id, editable=False, max_length=16, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('source_href', models.TextField(blank=True, editable=False)),
                ('source_uid', models.TextField(blank=True, editable=False)),
                ('source_etag', models.TextField(blank=True, editable=False)),
                ('href_key', models.CharField(blank=True, editable=False, max_length=64)),
                ('uid_key', models.CharField(blank=True, editable=False, max_length=64)),
                ('source_digest', models.CharField(blank=True, editable=False, max_length=64)),
                ('removed_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('is_removed_by_owner', models.BooleanField(default=False, editable=False)),
                ('display_name', models.TextField(verbose_name='name')),
                ('avatar', models.ImageField(blank=True, editable=False, max_length=200, upload_to='contacts/')),
                ('avatar_digest', models.CharField(blank=True, editable=False, max_length=64)),
                ('handle_count', models.PositiveIntegerField(default=0, editable=False)),
                ('sort_key', models.CharField(editable=False, max_length=200)),
                ('search_text', models.TextField(editable=False)),
            ],
            options={
                'verbose_name_plural': 'parties',
                'ordering': ['sort_key', 'pk'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Directory',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=project.models.new_public_id, editable=False, max_length=16, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('name', models.TextField()),
                ('backend_class', models.CharField(default='manual', max_length=100)),
                ('config', models.JSONField(blank=True, default=dict)),
                ('credential', project.secrets.EncryptedJSONField(blank=True, default=dict, editable=False)),
                ('region', models.CharField(blank=True, max_length=2, verbose_name='country of phone numbers')),
                ('interval_minutes', models.PositiveIntegerField(default=0, verbose_name='minutes between syncs')),
                ('lifecycle', models.CharField(choices=[('connected', 'Connected'), ('paused', 'Paused'), ('removing', 'being removed')], default='connected', max_length=16)),
                ('health', models.CharField(choices=[('ok', 'Ok'), ('error', 'Error')], default='ok', max_length=16)),
                ('problem', models.TextField(blank=True)),
                ('failures', models.PositiveIntegerField(default=0, editable=False)),
                ('last_result', models.JSONField(blank=True, default=dict, editable=False)),
                ('last_run_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('next_run_at', models.DateTimeField(blank=True, db_index=True, editable=False, null=True)),
                ('books_asked_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('progress', models.JSONField(blank=True, default=dict, editable=False)),
                ('lease', models.CharField(blank=True, editable=False, max_length=32)),
                ('lease_until', models.DateTimeField(blank=True, editable=False, null=True)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='directories', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'directories',
                'ordering': ['name', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Folder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=project.models.new_public_id, editable=False, max_length=16, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('name', models.TextField()),
                ('is_mirrored', models.BooleanField(default=True, verbose_name='mirror this book')),
                ('source_href', models.TextField(blank=True, editable=False)),
                ('href_key', models.CharField(blank=True, editable=False, max_length=64)),
                ('ctag', models.TextField(blank=True, editable=False)),
                ('sync_token', models.TextField(blank=True, editable=False)),
                ('properties', models.JSONField(blank=True, default=dict, editable=False)),
                ('listed_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('problem', models.TextField(blank=True)),
                ('vanishing', models.JSONField(blank=True, default=dict, editable=False)),
                ('allowed_vanishing', models.CharField(blank=True, editable=False, max_length=64)),
                ('directory', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='folders', to='contacts.directory')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='folders', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='ContactGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=project.models.new_public_id, editable=False, max_length=16, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('source_href', models.TextField(blank=True, editable=False)),
                ('source_uid', models.TextField(blank=True, editable=False)),
                ('source_etag', models.TextField(blank=True, editable=False)),
                ('href_key', models.CharField(blank=True, editable=False, max_length=64)),
                ('uid_key', models.CharField(blank=True, editable=False, max_length=64)),
                ('source_digest', models.CharField(blank=True, editable=False, max_length=64)),
                ('raw_vcard', models.BinaryField(default=b'')),
                ('base_vcard', models.BinaryField(default=b'')),
                ('removed_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('is_removed_by_owner', models.BooleanField(default=False, editable=False)),
                ('name', models.TextField()),
                ('name_key', models.CharField(editable=False, max_length=200)),
                ('source', models.CharField(choices=[('card', 'a group card'), ('categories', 'the categories of cards'), ('manual', 'made here')], default='manual', max_length=16)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='contact_groups', to=settings.AUTH_USER_MODEL)),
                ('folder', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='%(model_name)s_cards', to='contacts.folder')),
            ],
            options={
                'ordering': ['name_key', 'pk'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Organization',
            fields=[
                ('party', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to='contacts.party')),
                ('legal_name', models.TextField(blank=True)),
                ('domain', models.CharField(blank=True, db_index=True, max_length=253)),
            ],
            options={
                'abstract': False,
            },
            bases=('contacts.party',),
        ),
        migrations.CreateModel(
            name='Person',
            fields=[
                ('party', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to='contacts.party')),
                ('name_prefix', models.TextField(blank=True)),
                ('given_name', models.TextField(blank=True)),
                ('additional_name', models.TextField(blank=True)),
                ('family_name', models.TextField(blank=True)),
                ('name_suffix', models.TextField(blank=True)),
                ('nickname', models.TextField(blank=True)),
                ('birthday', contacts.fields.PartialDateField(blank=True, max_length=10)),
                ('anniversary', contacts.fields.PartialDateField(blank=True, max_length=10)),
            ],
            options={
                'verbose_name_plural': 'people',
            },
            bases=('contacts.party',),
        ),
        migrations.AddField(
            model_name='party',
            name='folder',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='%(model_name)s_cards', to='contacts.folder'),
        ),
        migrations.AddField(
            model_name='party',
            name='merged_into',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='merged', to='contacts.party'),
        ),
        migrations.AddField(
            model_name='party',
            name='owner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parties', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='party',
            name='user',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='known_as', to=settings.AUTH_USER_MODEL),
        ),
        migrations.CreateModel(
            name='KeptApart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('high', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contacts.party')),
                ('low', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contacts.party')),
            ],
            options={
                'verbose_name_plural': 'kept apart',
            },
        ),
        migrations.CreateModel(
            name='Handle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=project.models.new_public_id, editable=False, max_length=16, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('platform', models.CharField(max_length=32)),
                ('value', models.TextField(verbose_name='as received')),
                ('normalised', models.CharField(db_index=True, max_length=512)),
                ('external_id', models.CharField(blank=True, max_length=512)),
                ('display_name', models.TextField(blank=True)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='handles', to=settings.AUTH_USER_MODEL)),
                ('party', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='handles', to='contacts.party')),
            ],
            options={
                'ordering': ['platform', 'normalised'],
            },
        ),
        migrations.CreateModel(
            name='GroupMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('member', models.TextField(blank=True)),
                ('member_key', models.CharField(db_index=True, max_length=64)),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='members', to='contacts.contactgroup')),
                ('origin', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contacts.party')),
                ('party', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='contacts.party')),
            ],
        ),
        migrations.CreateModel(
            name='Affiliation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('organization_name', models.TextField(blank=True)),
                ('organization_key', models.CharField(blank=True, db_index=True, editable=False, max_length=200)),
                ('department', models.TextField(blank=True)),
                ('title', models.TextField(blank=True)),
                ('role', models.TextField(blank=True)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('organization', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='members', to='contacts.party')),
                ('origin', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contacts.party')),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='affiliations', to='contacts.party')),
            ],
            options={
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Address',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('label', models.TextField(blank=True)),
                ('po_box', models.TextField(blank=True)),
                ('extended', models.TextField(blank=True)),
                ('street', models.TextField(blank=True)),
                ('locality', models.TextField(blank=True, verbose_name='city')),
                ('region', models.TextField(blank=True)),
                ('postal_code', models.TextField(blank=True)),
                ('country', models.TextField(blank=True)),
                ('preferred', models.BooleanField(default=False)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('origin', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contacts.party')),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='addresses', to='contacts.party')),
            ],
            options={
                'verbose_name_plural': 'addresses',
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='PartyHandle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('label', models.TextField(blank=True)),
                ('preferred', models.BooleanField(default=False)),
                ('confidence', models.FloatField(default=1.0)),
                ('source', models.CharField(choices=[('manual', 'typed here'), ('import', 'imported file'), ('carddav', 'CardDAV'), ('inferred', 'inferred')], default='manual', max_length=16)),
                ('is_confirmed', models.BooleanField(default=False, verbose_name='confirmed')),
                ('is_dismissed', models.BooleanField(default=False, verbose_name='dismissed')),
                ('evidence', models.JSONField(blank=True, default=dict)),
                ('handle', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='contacts.handle')),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='contacts.party')),
            ],
            options={
                'ordering': ['-is_confirmed', '-confidence', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='QuarantinedCard',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=project.models.new_public_id, editable=False, max_length=16, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('source_href', models.TextField()),
                ('href_key', models.CharField(max_length=64)),
                ('source_etag', models.TextField(blank=True)),
                ('source_digest', models.CharField(blank=True, max_length=64)),
                ('raw_vcard', models.BinaryField(default=b'')),
                ('reason', models.TextField()),
                ('folder', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='quarantined', to='contacts.folder')),
            ],
            options={
                'ordering': ['source_href'],
            },
        ),
        migrations.CreateModel(
            name='Upload',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=project.models.new_public_id, editable=False, max_length=16, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('state', models.CharField(choices=[('uploaded', 'is being read'), ('read', 'waits for confirmation'), ('confirmed', 'is being imported'), ('done', 'imported'), ('failed', 'failed')], default='uploaded', max_length=16)),
                ('files', models.JSONField(default=list)),
                ('progress', models.JSONField(blank=True, default=dict)),
                ('result', models.JSONField(blank=True, default=dict)),
                ('problem', models.TextField(blank=True)),
                ('card_count', models.PositiveIntegerField(default=0)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('folder', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='uploads', to='contacts.folder')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='uploads', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        # The long columns stand last: SQLite reads a row from its start, and would walk through the photo of each card
        # on the way to what a search compares.
        migrations.AddField(
            model_name='party',
            name='notes',
            field=models.TextField(blank=True, default=''),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='party',
            name='raw_vcard',
            field=models.BinaryField(default=b''),
        ),
        migrations.AddField(
            model_name='party',
            name='base_vcard',
            field=models.BinaryField(default=b''),
        ),
        migrations.AddConstraint(
            model_name='folder',
            constraint=models.UniqueConstraint(condition=models.Q(('href_key', ''), _negated=True), fields=('directory', 'href_key'), name='a_directory_has_a_book_once'),
        ),
        migrations.AddConstraint(
            model_name='contactgroup',
            constraint=models.UniqueConstraint(condition=models.Q(('href_key', ''), _negated=True), fields=('folder', 'href_key'), name='a_contactgroup_has_its_place_alone'),
        ),
        migrations.AddConstraint(
            model_name='contactgroup',
            constraint=models.UniqueConstraint(condition=models.Q(('uid_key', ''), _negated=True), fields=('folder', 'uid_key'), name='a_contactgroup_has_its_uid_alone'),
        ),
        migrations.AddConstraint(
            model_name='contactgroup',
            constraint=models.UniqueConstraint(condition=models.Q(('source', 'categories')), fields=('owner', 'name_key'), name='a_category_stands_once_in_a_book'),
        ),
        migrations.AddIndex(
            model_name='party',
            index=models.Index(fields=['owner', 'removed_at', 'merged_into', 'sort_key'], name='a_book_in_order'),
        ),
        migrations.AddConstraint(
            model_name='party',
            constraint=models.UniqueConstraint(condition=models.Q(('href_key', ''), _negated=True), fields=('folder', 'href_key'), name='a_party_has_its_place_alone'),
        ),
        migrations.AddConstraint(
            model_name='party',
            constraint=models.UniqueConstraint(condition=models.Q(('uid_key', ''), _negated=True), fields=('folder', 'uid_key'), name='a_party_has_its_uid_alone'),
        ),
        migrations.AddConstraint(
            model_name='party',
            constraint=models.UniqueConstraint(condition=models.Q(('merged_into', None)), fields=('owner', 'user'), name='an_account_stands_once_in_a_book'),
        ),
        migrations.AddConstraint(
            model_name='party',
            constraint=models.CheckConstraint(condition=models.Q(('merged_into', None), models.Q(('merged_into', models.F('id')), _negated=True), _connector='OR'), name='no_party_is_merged_into_itself'),
        ),
        migrations.AddConstraint(
            model_name='keptapart',
            constraint=models.UniqueConstraint(fields=('low', 'high'), name='two_parties_are_kept_apart_once'),
        ),
        migrations.AddConstraint(
            model_name='keptapart',
            constraint=models.CheckConstraint(condition=models.Q(('low__lt', models.F('high'))), name='the_lower_of_two_parties_comes_first'),
        ),
        migrations.AddConstraint(
            model_name='handle',
            constraint=models.UniqueConstraint(fields=('owner', 'platform', 'normalised'), name='a_handle_stands_once_in_a_book'),
        ),
        migrations.AddConstraint(
            model_name='handle',
            constraint=models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('owner', 'platform', 'external_id'), name='an_external_id_stands_once_in_a_book'),
        ),
        migrations.AddConstraint(
            model_name='groupmember',
            constraint=models.UniqueConstraint(fields=('group', 'member_key'), name='a_group_names_a_member_once'),
        ),
        migrations.AddIndex(
            model_name='partyhandle',
            index=models.Index(condition=models.Q(('confidence__lt', 0.5), ('is_confirmed', False), ('is_dismissed', False)), fields=['party'], name='claims_to_review'),
        ),
        migrations.AddConstraint(
            model_name='partyhandle',
            constraint=models.UniqueConstraint(fields=('party', 'handle'), name='a_party_claims_a_handle_once'),
        ),
        migrations.AddConstraint(
            model_name='partyhandle',
            constraint=models.CheckConstraint(condition=models.Q(('confidence__gte', 0), ('confidence__lte', 1)), name='a_confidence_is_between_0_and_1'),
        ),
        migrations.AddConstraint(
            model_name='partyhandle',
            constraint=models.CheckConstraint(condition=models.Q(('is_confirmed', False), ('is_dismissed', False), _connector='OR'), name='a_claim_is_not_confirmed_and_dismissed'),
        ),
        migrations.AddConstraint(
            model_name='quarantinedcard',
            constraint=models.UniqueConstraint(fields=('folder', 'href_key'), name='a_place_is_quarantined_once'),
        ),
    ]
